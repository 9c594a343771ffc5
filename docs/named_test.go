package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTrapsNameTestsThatExist holds docs/traps.md to the tests that it names.
func TestTrapsNameTestsThatExist(t *testing.T) {
	table, err := os.ReadFile("traps.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| \d+ \|`).FindAllString(string(table), -1)
	if len(rows) < 20 {
		t.Errorf("%d traps, want at least 20", len(rows))
	}
	place, known := "", map[string]string{}
	for _, m := range regexp.MustCompile("([a-z0-9/-]+) `(Test\\w+)`|, `(Test\\w+)`").FindAllStringSubmatch(string(table), -1) {
		name := m[2] + m[3]
		if m[1] != "" {
			place = m[1]
		}
		if known[place] == "" {
			known[place] = testsIn(t, place)
		}
		if !strings.Contains(known[place], "func "+name+"(") {
			t.Errorf("there is no test %s in %s", name, place)
		}
	}
}

// testsIn is the text of a package's tests; packages are named as in the table.
func testsIn(t *testing.T, place string) string {
	t.Helper()
	dir := ""
	for _, parent := range []string{"../controller", "../cmd/dual-reconciler", ".."} {
		if _, err := os.Stat(filepath.Join(parent, place)); err == nil {
			dir = filepath.Join(parent, place)
			break
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", place, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// TestIsolationNamesTestsThatExist does the same for docs/isolation.md.
func TestIsolationNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("isolation.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testsIn(t, "e2e") + testsIn(t, "verify")
	names := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	if len(names) < 10 {
		t.Errorf("only %d tests are named", len(names))
	}
	for _, m := range names {
		if !strings.Contains(known, "func "+m[1]+"(") {
			t.Errorf("there is no test %s", m[1])
		}
	}
}
