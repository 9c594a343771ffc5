package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// TestNothingIsPrintedAsItIs holds all verbs to the writers that escape; each exception says here why it is one.
func TestNothingIsPrintedAsItIs(t *testing.T) {
	exceptions := map[string][]string{
		"output.go":        {"stdout = printable.NewWriter(os.Stdout)", "stderr = printable.NewWriter(os.Stderr)"},
		"exec_run.go":      {"engine.Streams{In: in, Out: os.Stdout, Err: os.Stderr}"}, // what the command writes
		"exec_terminal.go": {"[]*os.File{os.Stdout, os.Stdin}"},                        // their sizes
		"logs.go":          {"logPrinter{out: os.Stdout, err: os.Stderr,"},             // what the workspace writes
		"apply.go":         {"newProgress(os.Stdout)"},                                 // moves the cursor
		"get.go":           {"printWorkspaces(os.Stdout,", "newTable(os.Stdout,"},      // colours
		"verify.go":        {"stdout, os.Stdout", "stderr, os.Stderr"},                 // moves the cursor
	}
	raw := regexp.MustCompile(`os\.(Stdout|Stderr)|fmt\.Print|\bprintln?\(`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			allowed := slices.ContainsFunc(exceptions[file], func(e string) bool { return strings.Contains(line, e) })
			if raw.MatchString(line) && !allowed {
				t.Errorf("%s:%d prints past stdout and stderr: %s", file, n+1, strings.TrimSpace(line))
			}
		}
	}
}

// TestTablesAreHarmless: what is coloured, or drawn again and again, goes past the writers that escape.
func TestTablesAreHarmless(t *testing.T) {
	ws := v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	ws.Spec.Image = "image\x1b[2J"
	ws.Status.Manifest = "a\nb\x9b\u202e.yaml:1"
	ws.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "False", Reason: "R\x1b", Message: "m\x1b]0;x\a\tn\nmore"}}
	var table, drawn, lines strings.Builder
	if err := printTable(&table, []v1alpha1.Workspace{ws}, true); err != nil {
		t.Fatal(err)
	}
	(&progress{out: &lines, lines: map[string]line{}, width: 80}).show(&ws, false)
	(&progress{out: &drawn, lines: map[string]line{}, width: 80, terminal: true}).show(&ws, false)
	for what, text := range map[string]string{"table": table.String(), "lines": lines.String(), "drawn": strings.TrimPrefix(drawn.String(), "\x1b[2K")} {
		if !strings.Contains(text, `\x1b`) || regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202e]").MatchString(text) {
			t.Errorf("%s: %q", what, text)
		}
	}
	if rows := strings.Count(table.String(), "\n"); rows != 2 {
		t.Errorf("%d rows: %q", rows, table.String())
	}
}
