package print

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/moby/term"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

var (
	columns     = []string{"NAME", "READY", "STATUS", "RESTARTS", "AGE", "IMAGE", "IP"}
	wideColumns = append(columns[:len(columns):len(columns)], "CONTAINER", "MANIFEST", "CONDITIONS", "MESSAGE")
)

// The plain table fits into a terminal of this width if cutting the names of images suffices; -o wide cuts nothing.
const (
	terminalWidth = 80
	gap           = 2
	imageColumn   = 5
	leastImage    = 8
)

// Table prints aligned columns, with the state in colour on a terminal. It writes to out as it is: its cells are
// escaped.
func Table(out io.Writer, found []v1alpha1.Workspace, wide bool) error {
	t := &Rows{out: out, wide: wide}
	rows := [][]string{t.header()}
	for _, ws := range found {
		rows = append(rows, cells(ws, wide))
	}
	t.widths = make([]int, len(rows[0]))
	for _, row := range rows {
		t.widen(row)
	}
	if !wide {
		fit(rows, t.widths)
	}
	text := t.format(rows[0])
	for i, ws := range found {
		// Colour is added after the alignment, because an escape sequence has no width.
		text += paint(out, t.format(rows[i+1]), ws)
	}
	_, err := io.WriteString(out, text)
	return err
}

// fit cuts the names of images to the width that the other columns leave.
func fit(rows [][]string, widths []int) {
	left := terminalWidth
	for column, width := range widths {
		if column != imageColumn {
			left -= width + gap
		}
	}
	widths[imageColumn] = 0
	for _, row := range rows {
		row[imageColumn] = cut(row[imageColumn], max(left, leastImage))
		widths[imageColumn] = max(widths[imageColumn], utf8.RuneCountInString(row[imageColumn]))
	}
}

// Rows prints the rows of a table one by one. A column is as wide as its widest cell so far.
type Rows struct {
	out    io.Writer
	wide   bool
	widths []int
}

// NewRows returns a table whose rows are not known yet. It writes to out as it is: its cells are escaped.
func NewRows(out io.Writer, wide bool) *Rows { return &Rows{out: out, wide: wide} }

// Row prints a row, and the header before the first one.
func (t *Rows) Row(ws v1alpha1.Workspace, deleted bool) {
	if t.widths == nil {
		header := t.header()
		t.widths = make([]int, len(header))
		copy(t.widths, []int{16, 5, 16, 8, 4, leastImage, 11})
		t.widen(header)
		fmt.Fprint(t.out, t.format(header))
	}
	row := cells(ws, t.wide)
	if !t.wide {
		row[imageColumn] = cut(row[imageColumn], 2*leastImage)
	}
	if deleted {
		row[1], row[2] = "-", "Removed"
	}
	t.widen(row)
	fmt.Fprint(t.out, paint(t.out, t.format(row), ws))
}

func (t *Rows) header() []string {
	if t.wide {
		return wideColumns
	}
	return append([]string{}, columns...)
}

func (t *Rows) widen(row []string) {
	for i, cell := range row {
		t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
	}
}

func (t *Rows) format(row []string) string {
	var b strings.Builder
	for i, cell := range row {
		fmt.Fprintf(&b, "%-*s", t.widths[i]+gap, cell)
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

func cells(ws v1alpha1.Workspace, wide bool) []string {
	ready, reason, message := "Unknown", "", ""
	if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		ready, reason, message = string(c.Status), c.Reason, c.Message
	}
	age := "<none>"
	if at := ws.Status.CreationTime; at != nil {
		age = duration.HumanDuration(time.Since(at.Time))
	}
	st := ws.Status
	row := []string{ws.Name, ready, reason, fmt.Sprint(st.RestartCount), age, ws.Spec.Image, orNone(st.IP)}
	if wide {
		container := orNone(ws.Status.ContainerID)
		row = append(row, container[:min(12, len(container))], orNone(ws.Status.Manifest.String()),
			orNone(furtherConditions(ws)), FirstLine(message))
	}
	return escaped(row)
}

// escaped escapes the control characters in cells, newlines included.
func escaped(cells []string) []string {
	for i, cell := range cells {
		cells[i] = printable.Line(cell)
	}
	return cells
}

// furtherConditions are the types of the true conditions that the other columns do not show, such as ImageOutdated.
func furtherConditions(ws v1alpha1.Workspace) string {
	var types []string
	for _, n := range status.Notices(ws.Status.Conditions) {
		types = append(types, n.Type)
	}
	return strings.Join(types, ",")
}

// cut keeps the end of a text that is too long, because images differ in their tags.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return "…" + string(runes[len(runes)-most+1:])
}

// paint colours a line by the workspace's state, on a terminal and without NO_COLOR (https://no-color.org).
func paint(out io.Writer, line string, ws v1alpha1.Workspace) string {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || !term.IsTerminal(f.Fd()) {
		return line
	}
	colour := "\x1b[33m" // Not ready yet.
	switch conditions := ws.Status.Conditions; {
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady):
		return line
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled):
		colour = "\x1b[31m"
	}
	return colour + strings.TrimSuffix(line, "\n") + "\x1b[0m\n"
}
