package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// bench is one test's world: a directory of manifests, a state directory, and an instance that nobody else has.
type bench struct {
	*testing.T
	Instance string
	// Dir is the directory of manifests, Root its parent, State the state directory.
	Root, Dir, State string
	// Env is added to the program's environment.
	Env []string
	// Prefix makes the workspaces' names unique on the engine: container names are global.
	Prefix string
}

// benches counts the worlds of this run.
var benches atomic.Int32

// newBench makes a world, and removes its containers, volumes and files at the end of the test.
func newBench(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	return anotherBench(t)
}

// anotherBench is newBench for a test that has one already.
func anotherBench(t *testing.T) *bench {
	t.Helper()
	name := fmt.Sprintf("%s-%d", suite.Name, benches.Add(1))
	root := t.TempDir()
	b := &bench{
		T: t, Instance: name, Prefix: name + "-",
		Root: root, Dir: filepath.Join(root, "manifests"),
	}
	// A socket's path has at most 103 bytes, and t.TempDir's can be longer.
	state, err := os.MkdirTemp("", "dual")
	if err != nil {
		t.Fatal(err)
	}
	b.State = state
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	if err := os.MkdirAll(b.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.sweep() })
	return b
}

// Name is the full name of a workspace of this test.
func (b *bench) Name(short string) string { return b.Prefix + short }

// Container is the name of the container of a workspace of this test.
func (b *bench) Container(short string) string { return "dual-" + b.Name(short) }

// sleeper is a manifest whose container runs until it is stopped; extra lines go into its spec.
func (b *bench) sleeper(short string, extra ...string) string {
	return b.manifest(short, append([]string{`image: busybox`, `command: ["sleep", "1000000"]`, `terminationGracePeriodSeconds: 1`}, extra...)...)
}

// manifest is a manifest with these lines in its spec.
func (b *bench) manifest(short string, spec ...string) string {
	return fmt.Sprintf("apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata:\n  name: %s\nspec:\n  %s\n",
		b.Name(short), strings.Join(spec, "\n  "))
}

// Write puts a file below the directory of manifests as careful editors do: whole, by renaming.
func (b *bench) Write(file, content string) {
	b.Helper()
	path := filepath.Join(b.Dir, file)
	tmp := filepath.Join(filepath.Dir(path), ".tmp-"+filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(tmp, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		b.Fatal(err)
	}
}

// Delete removes a file from the directory of manifests.
func (b *bench) Delete(file string) {
	b.Helper()
	if err := os.Remove(filepath.Join(b.Dir, file)); err != nil {
		b.Fatal(err)
	}
}

// patience is how long a condition may take on a slow and busy machine; nothing is measured by it.
const patience = 5 * time.Minute

// Eventually polls until the condition holds: it returns "" then, and else what is still wrong.
func (b *bench) Eventually(what string, condition func() string) {
	b.Helper()
	var last string
	// The interval grows: on two cores, the polls of waiting tests take the CPU time of what they wait for.
	begun := time.Now()
	for time.Since(begun) < patience {
		if last = condition(); last == "" {
			return
		}
		time.Sleep(min(max(time.Since(begun)/8, 30*time.Millisecond), time.Second/2))
	}
	b.Fatalf("%s: not within %s: %s", what, patience, last)
}

// Always polls for d and fails as soon as the condition does not hold. It is for what must not happen.
func (b *bench) Always(what string, d time.Duration, condition func() string) {
	b.Helper()
	for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if wrong := condition(); wrong != "" {
			b.Fatalf("%s: %s", what, wrong)
		}
	}
}
