package manifest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// manyFiles is a loader of a directory of n manifests.
func manyFiles(tb testing.TB, n int) *Loader {
	dir := tb.TempDir()
	for i := range n {
		text := doc(fmt.Sprintf("ws-%d", i), "node:22", "source: {path: .}")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("ws-%d.yaml", i)), []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return NewLoader(dir, WithEngineSockets(nil))
}

// BenchmarkLoadUnchanged is the cost of a resync of 1000 files that finds nothing.
func BenchmarkLoadUnchanged(b *testing.B) {
	l := manyFiles(b, 1000)
	for l.Load(); l.racy(); l.Load() {
		// Until no file is so young that its stamp proves nothing.
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Load()
	}
}

func (l *Loader) racy() bool {
	for _, f := range l.tree.files {
		if f.blob.racy {
			return true
		}
	}
	return false
}

func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	const files = 200
	l := manyFiles(t, files)
	first := l.Load()
	for ; l.racy(); l.Load() {
		// As above.
	}
	if len(first.Workspaces) != files {
		t.Fatalf("%d workspaces, problems: %v", len(first.Workspaces), first.Problems[:1])
	}
	second := l.Load()
	for name, ws := range second.Workspaces {
		if first.Workspaces[name] != ws {
			t.Fatalf("%s is another pointer", name)
		}
	}
	// Reading a file takes more than 10 allocations; looking at it takes 6.
	if allocs := testing.AllocsPerRun(5, func() { l.Load() }); allocs > 9*files {
		t.Errorf("%v allocations for %d unchanged files", allocs, files)
	}
}

// BenchmarkLoadUnchangedInGit is the same in a git work tree: no process may run.
func BenchmarkLoadUnchangedInGit(b *testing.B) {
	l := manyFiles(b, 1000)
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"}} {
		if out, err := exec.Command("git", append([]string{"-C", l.dir}, args...)...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	for s := l.Load(); l.racy() || s.Workspaces["ws-0"].Revision == nil; s = l.Load() {
		// As above, and until git has answered.
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Load()
	}
}
