package print

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/moby/term"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Progress shows the states of workspaces as they change: on a terminal as one line per workspace, which is kept up to
// date; elsewhere as one line per change.
type Progress struct {
	out      io.Writer
	terminal bool
	width    int

	mu    sync.Mutex
	lines map[string]line
	drawn int
}

type line struct {
	ready        bool
	reason, text string
	// removed workspaces are shown, but are not counted.
	removed bool
}

// NewProgress writes to out as it is: what it writes is escaped.
func NewProgress(out io.Writer) *Progress {
	p := &Progress{out: out, lines: map[string]line{}, width: terminalWidth}
	if f, ok := out.(*os.File); ok && term.IsTerminal(f.Fd()) {
		p.terminal = true
		if size, err := term.GetWinsize(f.Fd()); err == nil && size.Width > 0 {
			p.width = int(size.Width)
		}
	}
	return p
}

// Show shows the state of a workspace.
func (p *Progress) Show(ws *v1alpha1.Workspace, deleted bool) {
	ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return
	}
	now := line{
		ready:  ready.Status == "True",
		reason: printable.Line(ready.Reason), text: printable.Line(FirstLine(ready.Message)),
	}
	name := printable.Line(ws.Name)
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.lines[name]
	if deleted {
		now = line{removed: true, reason: "Removed"}
		if !known {
			return
		}
	}
	p.lines[name] = now
	switch {
	case p.terminal:
		p.draw()
	case !known || before.reason != now.reason || before.text != now.text && now.reason != v1alpha1.ReasonPulling:
		fmt.Fprintf(p.out, "%s\t%s\t%s\n", name, now.reason, now.text)
	}
}

// draw writes all lines over the previous ones.
func (p *Progress) draw() {
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	longest := 0
	for name := range p.lines {
		longest = max(longest, len(name))
	}
	for _, name := range slices.Sorted(maps.Keys(p.lines)) {
		l := p.lines[name]
		text := []rune(fmt.Sprintf("%-*s  %-16s %s", longest, name, l.reason, l.text))
		fmt.Fprintf(&b, "\x1b[2K%s\n", string(text[:min(len(text), p.width-1)]))
	}
	p.drawn = len(p.lines)
	_, _ = io.WriteString(p.out, b.String())
}

// End prints how many workspaces are ready.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	ready, removed := 0, 0
	for _, l := range p.lines {
		switch {
		case l.removed:
			removed++
		case l.ready:
			ready++
		}
	}
	sum := fmt.Sprintf("%d of %d ready", ready, len(p.lines)-removed)
	if removed > 0 {
		sum += fmt.Sprintf(", %d removed", removed)
	}
	fmt.Fprintln(p.out, sum)
}

// Unready lists the workspaces that are not ready, each with its reason. As for wait --all, a paused workspace that
// differs from its manifest is among them.
func (p *Progress) Unready() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p.lines)) {
		if l := p.lines[name]; !l.ready && !l.removed {
			out = append(out, fmt.Sprintf("%s (%s)", name, Because(l.reason, l.text)))
		}
	}
	return strings.Join(out, ", ")
}

// Pending describes a run that ended early although every workspace shown is ready.
func (p *Progress) Pending() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return "nothing was looked at yet"
	}
	return "all that was looked at is ready, and something is still due"
}

// Because is a condition in short: its reason, or its message if there is no reason.
func Because(reason, text string) string {
	switch {
	case reason != "":
		return reason
	case text != "":
		return FirstLine(text)
	}
	return "nothing known of it yet"
}
