package docs

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dual-dev/dual-reconciler"

// TestArchitectureNamesEveryPackage checks the table of docs/architecture.md against the packages of both modules.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Where does what live")
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		named = append(named, m[1])
	}
	existing := slices.Concat(packages(t, ".."), packages(t, "../cmd/dual-reconciler/e2e"))
	for _, p := range existing {
		if !slices.Contains(named, p) {
			t.Errorf("package %s is not in the table", p)
		}
	}
	for i, p := range named {
		if slices.Contains(named[:i], p) {
			t.Errorf("package %s is in the table twice", p)
		}
		if !slices.Contains(existing, p) {
			t.Errorf("there is no package %s", p)
		}
	}
}

// packages lists the packages of the module in a directory, relative to the main module.
func packages(t *testing.T, dir string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "./...")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, p := range strings.Fields(string(out)) {
		list = append(list, strings.TrimPrefix(strings.TrimPrefix(p, module), "/"))
	}
	return list
}
