package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDirectoryHolds takes the directory away in every way. Nothing may be removed, and healing goes on; once it is back a
// deletion is carried out.
func TestDirectoryHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		// take puts something else, or nothing, in the place of the directory.
		take func(b *bench) error
		says string
	}{
		{"missing", func(*bench) error { return nil }, "is missing"},
		{"file", func(b *bench) error { return os.WriteFile(b.Dir, []byte("not a directory\n"), 0o644) }, "not a directory"},
		{"loop", func(b *bench) error { return os.Symlink("manifests", b.Dir) }, "too many levels of symbolic links"},
		{"empty", func(b *bench) error { return os.Mkdir(b.Dir, 0o755) }, "is empty and is not the directory that held the manifests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.Write("a.yaml", b.sleeper("a"))
			b.Write("b.yaml", b.sleeper("b"))
			loop := b.Run(quick...)
			before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
			b.Apply(0)

			b.Move("manifests", "elsewhere")
			if err := c.take(b); err != nil {
				t.Fatal(err)
			}
			loop.WaitLog(c.says)
			b.Stays("while the directory is away", before)
			b.docker("kill", before["a"].ID)
			before["a"] = b.Running("a")
			if r := b.Do("apply"); r.Code != 1 || !strings.Contains(r.Stderr, c.says) {
				t.Errorf("apply while the directory is away: %+v", r)
			}

			// The next controller has nothing but the containers' own records.
			loop.Kill()
			loop = b.Run(quick...)
			loop.WaitLog(c.says)
			b.Stays("in the next controller", before)
			b.Shows("a", "Held", c.says)

			if err := os.RemoveAll(b.Dir); err != nil {
				t.Fatal(err)
			}
			b.Move("elsewhere", "manifests")
			loop.WaitLog("resolved: ")
			b.Stays("when it is back", before)
			b.Shows("a", "Running")
			b.Delete("b.yaml")
			b.Gone("b")
			b.Same("a", before["a"])
			loop.Expect(0, "recreate", "a")
		})
	}
}

// TestDirectoryMovedOn puts the manifests into the empty directory that took the old one's place.
func TestDirectoryMovedOn(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	loop := b.Run(quick...)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
	b.Move("manifests", "elsewhere")
	if err := os.Mkdir(b.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	loop.WaitLog("is empty and is not the directory that held the manifests")
	b.Stays("while it is empty", before)
	b.Write("a.yaml", b.sleeper("a"))
	// From now on the new directory is believed, so what is not in it is not wanted.
	b.Gone("b")
	b.Same("a", before["a"])
	// An empty directory that held manifests before is emptied on purpose.
	b.Delete("a.yaml")
	b.Gone("a")
}

// TestUnreadableSubdirectory holds for a part that cannot be seen.
func TestUnreadableSubdirectory(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	if err := os.Mkdir(filepath.Join(b.Root, "disk"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../disk", filepath.Join(b.Dir, "mounted")); err != nil {
		t.Fatal(err)
	}
	b.Write("mounted/b.yaml", b.sleeper("b"))
	loop := b.Run(quick...)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
	b.Move("disk", "unplugged")
	loop.WaitLog("removals wait until mounted can be read")
	b.Stays("while a part is away", before)
	b.Move("unplugged", "disk")
	loop.WaitLog("resolved: ")
	b.Delete("mounted/b.yaml")
	b.Gone("b")
	b.Same("a", before["a"])
}
