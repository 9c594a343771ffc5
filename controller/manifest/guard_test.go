package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeThree(f *fixture) {
	f.write("a.yaml", doc("a", "img"))
	f.write("b.yaml", doc("b", "img"))
	f.write("c.yaml", doc("c", "img"))
}

func (f *fixture) removeAll() {
	f.t.Helper()
	found, err := filepath.Glob(f.path("*"))
	f.must(err)
	for _, path := range found {
		f.must(os.RemoveAll(path))
	}
}

// TestNoneLeftHoldsThemAll is rm -rf manifests/* && render, with a pause between, and between the files that are
// rendered.
func TestNoneLeftHoldsThemAll(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	f.want("a=img b=img c=img")
	f.removeAll()
	s := f.want("", HoldNoneLeft)
	for _, text := range []string{"a, b, c", "--allow-empty", "down"} {
		if !strings.Contains(s.Holds[0].Message, text) {
			t.Errorf("the hold does not say %q: %s", text, s.Holds[0].Message)
		}
	}
	f.pass(time.Hour)
	f.want("", HoldNoneLeft)
	f.write("a.yaml", doc("a", "img"))
	if s := f.want("a=img", HoldNoneLeft); s.RetryAfter != stillness {
		t.Errorf("retry after %v", s.RetryAfter)
	}
	f.pass(stillness - time.Second)
	f.want("a=img", HoldNoneLeft)
	f.write("b.yaml", doc("b", "img"))
	f.want("a=img b=img", HoldNoneLeft)
	f.pass(stillness - time.Second)
	f.want("a=img b=img", HoldNoneLeft)
	f.pass(time.Second)
	f.want("a=img b=img")
	// All of them back end it at once.
	f.removeAll()
	f.want("", HoldNoneLeft)
	f.write("ab.yaml", doc("a", "img")+"---\n"+doc("b", "img"))
	f.want("a=img b=img")
}

func TestLastSingleOneMayGo(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	known := []string{"a", "b", "c"}
	f.restart(WithKnown(func() []string { return known }))
	f.want("a=img b=img c=img")
	for _, name := range []string{"a", "b", "c"} {
		f.must(os.Remove(f.path(name + ".yaml")))
		for _, h := range f.load().Holds {
			if h.Reason == HoldNoneLeft {
				t.Errorf("%s may go: %+v", name, h)
			}
		}
		known = known[1:] // It was removed.
	}
	f.want("")
	// Where the one before is not removed yet, both would go at once.
	writeThree(f)
	known = []string{"a", "b", "c"}
	f.want("a=img b=img c=img")
	f.must(os.Remove(f.path("a.yaml")))
	f.must(os.Remove(f.path("b.yaml")))
	f.want("c=img")
	f.must(os.Remove(f.path("c.yaml")))
	f.want("", HoldNoneLeft)
	known = nil // down was run.
	f.restart(WithKnown(func() []string { return known }), WithKnownIdentity(f.load().Identity))
	f.want("")
}

func TestNoneLeftOverARestart(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	known := []string{"a", "b", "c"}
	identity := f.want("a=img b=img c=img").Identity
	f.removeAll()
	next := func(opts ...Option) {
		f.restart(append(opts, WithKnown(func() []string { return known }), WithKnownIdentity(identity))...)
	}
	next()
	identity = f.want("", HoldNoneLeft).Identity
	known = known[:1] // What is left of them waits, too.
	next()
	f.want("", HoldNoneLeft)
	next(WithAllowEmpty(true))
	f.want("")
	next()
	f.l.AllowEmpty()
	f.want("")
	f.want("")
	// A person's word is about this emptiness, not about the next one.
	writeThree(f)
	f.want("a=img b=img c=img")
	f.removeAll()
	f.want("", HoldNoneLeft)
}

// TestOtherWorkspacesInTheirPlace is a checkout of a branch with other workspaces, or a rendering that begins with new
// ones.
func TestOtherWorkspacesInTheirPlace(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	f.want("a=img b=img c=img")
	f.removeAll()
	f.write("new.yaml", doc("new", "img"))
	f.want("new=img", HoldNoneLeft)
	f.pass(stillness)
	f.want("new=img")
}

func TestOtherToolsFilesAreNoWorkspaces(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	f.want("a=img b=img c=img")
	f.removeAll()
	f.write("z.yaml", doc("z", "img", "imge: x"))
	f.want("z=!InvalidManifest", HoldNoneLeft)
}

func TestOtherFileSystemHolds(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	identity := parseIdentity(f.want("a=img b=img c=img").Identity)
	if identity.fs == "" {
		t.Fatal("no file system")
	}
	identity.fs = "another"
	next := func(opts ...Option) {
		f.restart(append(opts, WithKnown(func() []string { return []string{"a", "b"} }), WithKnownIdentity(identity.String()))...)
	}
	next()
	f.want("a=img b=img c=img") // Nothing would go: this is the file system from now on.
	f.must(os.Remove(f.path("a.yaml")))
	f.want("b=img c=img")

	next()
	s := f.want("b=img c=img", HoldFileSystem)
	if s.Identity != identity.String() || !strings.Contains(s.Holds[0].Message, "the manifests of a; ") {
		t.Errorf("identity %s, holds %+v", s.Identity, s.Holds)
	}
	f.l.AllowEmpty()
	f.want("b=img c=img")
	next()
	f.want("b=img c=img", HoldFileSystem)
	f.write("a.yaml", doc("a", "img"))
	f.want("a=img b=img c=img")
	// An identity of an earlier release has no file system.
	f.must(os.Remove(f.path("a.yaml")))
	f.restart(WithKnown(func() []string { return []string{"a", "b"} }), WithKnownIdentity(identity.id))
	f.want("b=img c=img")
}

// TestDirectoryReplacedWhileItIsRead retargets the link to the directory in the middle of a read.
func TestDirectoryReplacedWhileItIsRead(t *testing.T) {
	f := newFixture(t)
	writeThree(f)
	one, two := f.dir+".one", f.dir+".two"
	f.must(os.Rename(f.dir, one))
	f.must(os.Mkdir(two, 0o755))
	f.must(os.WriteFile(filepath.Join(two, "a.yaml"), []byte(doc("a", "img")), 0o644))
	f.must(os.Symlink(one, f.dir))
	swap := func() {}
	f.restart(WithCurrentFile(func(string) string { return "" }), WithKnown(func() []string { return nil }))
	f.want("a=img b=img c=img")
	f.l.during = func() { swap() }
	swap = func() {
		swap = func() {}
		f.must(os.Remove(f.dir))
		f.must(os.Symlink(two, f.dir))
	}
	s := f.want("a=img", HoldMoved)
	if s.RetryAfter == 0 || s.RetryAfter > busyPoll {
		t.Errorf("retry after %v", s.RetryAfter)
	}
	f.want("a=img") // It stands still: this is the directory.
}
