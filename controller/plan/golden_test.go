package plan_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// go test ./controller/plan -update writes the plans as they come out now; read the difference before you commit it.
var update = flag.Bool("update", false, "write the golden plans in testdata")

// golden compares the plan's text with the section of that name in the test's file. Plans of a few lines stand in the test itself,
// see check.
func golden(t *testing.T, name string, in plan.Input) {
	t.Helper()
	file := filepath.Join("testdata", t.Name()+".txt")
	sections := readSections(t, file)
	if *update {
		sections.set(name, text(in))
		if err := os.WriteFile(file, []byte(sections.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check(t, name, in, sections.get(name))
}

// sections are named texts, each below a line "-- name --".
type sections []struct{ name, text string }

func readSections(t *testing.T, file string) sections {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var all sections
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			all.set(strings.TrimSuffix(name, " --\n"), "")
		} else if len(all) > 0 {
			all[len(all)-1].text += line
		}
	}
	return all
}

func (s sections) get(name string) string {
	for _, section := range s {
		if section.name == name {
			return section.text
		}
	}
	return ""
}

func (s *sections) set(name, text string) {
	for i := range *s {
		if (*s)[i].name == name {
			(*s)[i].text = text
			return
		}
	}
	*s = append(*s, struct{ name, text string }{name, text})
}

func (s sections) String() string {
	var b strings.Builder
	for _, section := range s {
		b.WriteString("-- " + section.name + " --\n" + section.text)
	}
	return b.String()
}

// TestGoldenPlansAreUsed: no section is left over from a case that was removed or renamed.
func TestGoldenPlansAreUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var source strings.Builder
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		data, err := os.ReadFile(test)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	for _, file := range files {
		if test := strings.TrimSuffix(filepath.Base(file), ".txt"); !strings.Contains(source.String(), "func "+test+"(") {
			t.Errorf("%s belongs to no test", file)
		}
		for _, section := range readSections(t, file) {
			name, _, _ := strings.Cut(section.name, ": ") // A case may have several plans.
			if !strings.Contains(source.String(), strconv.Quote(name)) {
				t.Errorf("%s: section %q belongs to no case", file, section.name)
			}
		}
	}
}
