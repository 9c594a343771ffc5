package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNothingIsPrintedAsItIs holds all verbs to the writers that escape; each exception says here why it is one.
func TestNothingIsPrintedAsItIs(t *testing.T) {
	exceptions := map[string][]string{
		"main.go":       {"print.NewStreams(os.Stdin, os.Stdout, os.Stderr)"},
		"exec.go":       {"Out: g.RawOut, Err: g.RawErr"},       // what the command writes
		"terminal.go":   {"[]any{g.RawOut, g.In}"},              // their sizes
		"logs.go":       {"Out: g.RawOut, Err: g.RawErr,"},      // what the workspace writes
		"apply.go":      {"print.NewProgress(g.RawOut)"},        // moves the cursor
		"get.go":        {"print.NewRows(g.RawOut,"},            // colours
		"verify_run.go": {"g.Out, g.RawOut", "g.Err, g.RawErr"}, // moves the cursor
	}
	raw := regexp.MustCompile(`os\.(Stdout|Stderr)|Raw(Out|Err)|fmt\.Print|\bprintln?\(`)
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
				t.Errorf("%s:%d prints without escaping: %s", file, n+1, strings.TrimSpace(line))
			}
		}
	}
}
