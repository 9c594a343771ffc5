package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/moby/term"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

var columns = []string{"NAME", "READY", "STATUS", "RESTARTS", "AGE", "IMAGE", "IP"}

// printTable prints aligned columns, with the state in colour on a terminal.
func printTable(out io.Writer, found []v1alpha1.Workspace, wide bool) error {
	rows := [][]string{header(wide)}
	for _, ws := range found {
		rows = append(rows, cells(ws, wide))
	}
	if !wide {
		fit(rows)
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, gap, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	lines := strings.SplitAfter(text.String(), "\n")
	// Colour goes on after alignment: an escape has no width.
	for i, ws := range found {
		lines[i+1] = paint(out, lines[i+1], ws)
	}
	_, err := io.WriteString(out, strings.Join(lines, ""))
	return err
}

// The plain table fits into a terminal of this width, as far as cutting the images' names makes it; -o wide cuts nothing.
const (
	terminalWidth = 80
	gap           = 2
	imageColumn   = 5
	leastImage    = 8
)

// fit cuts the images' names to what the other columns leave.
func fit(rows [][]string) {
	left := terminalWidth
	for column := range rows[0] {
		if column == imageColumn {
			continue
		}
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[column]))
		}
		left -= widest + gap
	}
	for _, row := range rows {
		row[imageColumn] = cut(row[imageColumn], max(left, leastImage))
	}
}

// table prints rows one by one, as far apart as the ones before.
type table struct {
	out    io.Writer
	wide   bool
	widths []int
}

func newTable(out io.Writer, wide bool) *table { return &table{out: out, wide: wide} }

func (t *table) row(ws v1alpha1.Workspace, deleted bool) {
	if t.widths == nil {
		t.line(header(t.wide))
	}
	row := cells(ws, t.wide)
	if !t.wide {
		row[imageColumn] = cut(row[imageColumn], 2*leastImage)
	}
	if deleted {
		row[1], row[2] = "-", "Removed"
	}
	fmt.Fprint(t.out, paint(t.out, t.line(row), ws))
}

// line formats a row; the header prints itself.
func (t *table) line(row []string) string {
	first := t.widths == nil
	if first {
		t.widths = make([]int, len(row))
		copy(t.widths, []int{16, 5, 16, 8, 4, leastImage, 11})
	}
	var b strings.Builder
	for i, cell := range row {
		t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
		fmt.Fprintf(&b, "%-*s  ", t.widths[i], cell)
	}
	text := strings.TrimRight(b.String(), " ") + "\n"
	if first {
		fmt.Fprint(t.out, text)
	}
	return text
}

func header(wide bool) []string {
	if wide {
		return append(append([]string{}, columns...), "CONTAINER", "MANIFEST", "CONDITIONS", "MESSAGE")
	}
	return columns
}

func cells(ws v1alpha1.Workspace, wide bool) []string {
	ready, reason, message := "Unknown", "", ""
	if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		ready, reason, message = string(c.Status), c.Reason, c.Message
	}
	age := "<none>"
	if at := ws.Status.CreatedAt; at != nil {
		age = duration.HumanDuration(time.Since(at.Time))
	}
	row := []string{ws.Name, ready, reason, fmt.Sprint(ws.Status.Restarts), age, ws.Spec.Image, orNone(ws.Status.IP)}
	if wide {
		container := orNone(ws.Status.ContainerID)
		row = append(row, container[:min(12, len(container))], orNone(ws.Status.Manifest), orNone(furtherConditions(ws)), firstLine(message))
	}
	return printed(row)
}

// printed makes cells harmless: a table is coloured, and so goes to the terminal as it is.
func printed(cells []string) []string {
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

// cut keeps the end of what is too long: the tag tells images apart.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return "…" + string(runes[len(runes)-most+1:])
}

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}

// paint colours a line by the workspace's state, on a terminal and without NO_COLOR (https://no-color.org).
func paint(out io.Writer, line string, ws v1alpha1.Workspace) string {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || !term.IsTerminal(f.Fd()) {
		return line
	}
	colour := "\x1b[33m" // on its way
	switch conditions := ws.Status.Conditions; {
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady):
		return line
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled):
		colour = "\x1b[31m"
	}
	return colour + strings.TrimSuffix(line, "\n") + "\x1b[0m\n"
}
