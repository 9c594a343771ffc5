package main

import (
	"fmt"
	"io"
	"log/slog"
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

// progress shows the states of workspaces as they change: on a terminal one line a workspace, kept up to date; elsewhere
// one line a change.
type progress struct {
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
	// removed workspaces are shown, and count neither as ready nor as not.
	removed bool
}

func newProgress(out *os.File) *progress {
	p := &progress{out: out, lines: map[string]line{}, width: 80}
	if term.IsTerminal(out.Fd()) {
		p.terminal = true
		if size, err := term.GetWinsize(out.Fd()); err == nil && size.Width > 0 {
			p.width = int(size.Width)
		}
	}
	return p
}

// quietLog is for verbs whose progress says it all: only what is unexpected is logged.
func quietLog() *slog.Logger {
	return slog.New(levelHandler{slog.Default().Handler(), slog.LevelError})
}

func (p *progress) show(ws *v1alpha1.Workspace, deleted bool) {
	ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return
	}
	// What is drawn goes to the terminal as it is.
	now := line{ready: ready.Status == "True", reason: printable.Line(ready.Reason), text: printable.Line(firstLine(ready.Message))}
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

// draw writes all lines over the ones drawn before.
func (p *progress) draw() {
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

func firstLine(s string) string {
	first, _, more := strings.Cut(s, "\n")
	if more {
		first += " …"
	}
	return first
}

// end says the sum where lines scrolled by.
func (p *progress) end() {
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

// unready lists the workspaces that are not ready, with the reason of each, as wait --all has them: a paused one that is not as
// its manifest asks is among them.
func (p *progress) unready() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p.lines)) {
		if l := p.lines[name]; !l.ready && !l.removed {
			out = append(out, fmt.Sprintf("%s (%s)", name, because(l.reason, l.text)))
		}
	}
	return strings.Join(out, ", ")
}

// rest is what there is to say of a run that ended early although nothing that it showed is unready.
func (p *progress) rest() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return "nothing was looked at yet"
	}
	return "all that was looked at is ready, and something is still due"
}

// because is a condition in short: its reason, and what it says where there is no reason.
func because(reason, text string) string {
	switch {
	case reason != "":
		return reason
	case text != "":
		return firstLine(text)
	}
	return "nothing known of it yet"
}
