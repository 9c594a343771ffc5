package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clear is rm -rf manifests/*.
func (b *bench) clear() {
	b.Helper()
	found, err := filepath.Glob(filepath.Join(b.Dir, "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range found {
		if err := os.RemoveAll(path); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNoneLeft empties the directory of two workspaces: nothing goes, in this process and in others, until a person says so.
func TestNoneLeft(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	loop := b.Run(quick...)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
	b.Apply(0)
	b.clear()
	b.Write("values.yaml", "replicas: 3\n")
	loop.WaitLog("has none of the workspaces")
	b.Stays("while the directory is empty", before)
	b.Shows("a", "Held", "--allow-empty", "dual-reconciler down")

	// One file after the other, as a program renders them.
	b.Write("b.yaml", b.sleeper("b"))
	loop.WaitLog("has not changed for")
	b.Stays("while only one is back", before)
	b.Write("a.yaml", b.sleeper("a"))
	b.Shows("a", "Running")
	b.Stays("when both are back", before)

	b.clear()
	b.Shows("b", "Held", "--allow-empty")
	loop.Stop()
	if r := b.Do("apply", "--prune-delay", "0s"); r.Code != 1 || !strings.Contains(r.Stderr, "--allow-empty") {
		t.Errorf("apply: %+v", r)
	}
	if r := b.Do("diff"); r.Code == 0 || !strings.Contains(r.Stderr, "--allow-empty") {
		t.Errorf("diff: %+v", r)
	}
	b.Stays("without a controller", before)
	if r := b.Do("diff", "--allow-empty"); r.Code != 1 || !strings.Contains(r.Stdout, "remove "+b.Name("a")) {
		t.Errorf("diff --allow-empty: %+v", r)
	}
	loop = b.Run(quick...)
	loop.WaitLog("has none of the workspaces")
	b.Stays("in the next controller", before)
	// The word is given to the controller that runs.
	b.Do("apply", "--allow-empty")
	b.Gone("a")
	b.Gone("b")
}

// TestNoneLeftAllowed is the same word given to apply where no controller runs.
func TestNoneLeftAllowed(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	b.Apply(0)
	b.clear()
	if r := b.Do("apply", "--prune-delay", "0s"); r.Code != 1 {
		t.Fatalf("apply: %+v", r)
	}
	if r := b.Do("apply", "--prune-delay", "0s", "--allow-empty"); r.Code != 0 || b.Look("a") != nil || b.Look("b") != nil {
		t.Errorf("apply --allow-empty: %+v", r)
	}
}
