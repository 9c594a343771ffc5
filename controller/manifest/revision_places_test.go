package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRevisionInWorktree(t *testing.T) {
	f, root := newRevisionFixture(t)
	tree := filepath.Join(t.TempDir(), "tree")
	git(t, root, "worktree", "add", "-q", "-b", "other", tree)
	link := filepath.Join(t.TempDir(), "link")
	f.must(os.Symlink(filepath.Join(tree, "manifests"), link))
	f.dir = link
	f.restart()
	f.patient()
	f.wantRevision(tree, "other@HEAD")
	f.write("shop.yaml", doc("shop", "node:22"))
	f.wantRevision(tree, "other@HEAD dirty")
	git(t, tree, "commit", "-qam", "22")
	f.wantRevision(tree, "other@HEAD")
	git(t, tree, "pack-refs", "--all")
	git(t, tree, "commit", "-q", "--allow-empty", "-m", "after packing")
	f.wantRevision(tree, "other@HEAD")
	// What happens to the main work tree's branch is none of this one's.
	before := f.load().Workspaces["shop"]
	git(t, root, "commit", "-q", "--allow-empty", "-m", "main")
	if f.load().Workspaces["shop"] != before {
		t.Error("the other work tree's commit changed this one's workspace")
	}
}

func TestRevisionInSubmoduleAndNestedRepository(t *testing.T) {
	f, root := newRevisionFixture(t)
	library := t.TempDir()
	git(t, library, "init", "-q", "-b", "lib")
	f.must(os.WriteFile(filepath.Join(library, "lib.yaml"), []byte(doc("lib", "x")), 0o644))
	git(t, library, "add", ".")
	git(t, library, "commit", "-qm", "lib")
	if !git(t, root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "lib", library, "manifests/sub") {
		t.Fatal("no submodule")
	}
	git(t, root, "commit", "-qm", "submodule")
	s := f.wantRevision(root, "main@HEAD")
	if got, want := revision(s, "lib"), "lib@"+head(t, library)[:7]; got != want {
		t.Errorf("in the submodule %q, want %q", got, want)
	}
	f.write("sub/lib.yaml", doc("lib", "x:2"))
	s = f.wantRevision(root, "main@HEAD")
	if got, want := revision(s, "lib"), "lib@"+head(t, library)[:7]+" dirty"; got != want {
		t.Errorf("edited in the submodule %q, want %q", got, want)
	}
	// The directory of manifests may also be above the repositories.
	f.dir = filepath.Dir(root)
	f.restart()
	f.patient()
	s = f.wantRevision(root, "main@HEAD")
	if got := revision(s, "lib"); !strings.HasPrefix(got, "lib@") {
		t.Errorf("from above: %q", got)
	}
}

func TestRevisionOfLinkedFiles(t *testing.T) {
	f, root := newRevisionFixture(t)
	other := t.TempDir()
	git(t, other, "init", "-q", "-b", "elsewhere")
	f.must(os.Mkdir(filepath.Join(other, "files"), 0o755))
	f.must(os.WriteFile(filepath.Join(other, "files", "a.yaml"), []byte(doc("linked", "x")), 0o644))
	f.must(os.Mkdir(filepath.Join(other, ":!dir"), 0o755))
	f.must(os.WriteFile(filepath.Join(other, ":!dir", "b.yaml"), []byte(doc("below", "x")), 0o644))
	git(t, other, "add", ".")
	git(t, other, "commit", "-qm", "elsewhere")
	// The name would exclude the directory if git took it for a pattern.
	f.must(os.Symlink(filepath.Join(other, "files", "a.yaml"), f.path("a.yaml")))
	f.must(os.Symlink(filepath.Join(other, ":!dir"), f.path("dir")))
	s := f.wantRevision(root, "main@HEAD")
	want := "elsewhere@" + head(t, other)[:7]
	for _, name := range []string{"linked", "below"} {
		if got := revision(s, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f.must(os.WriteFile(filepath.Join(other, "files", "a.yaml"), []byte(doc("linked", "x:2")), 0o644))
	s = f.load()
	if got := revision(s, "linked"); got != want+" dirty" {
		t.Errorf("linked, edited: %q", got)
	}
	if got := revision(s, "below"); got != want {
		t.Errorf("below, untouched: %q", got)
	}
	f.must(os.WriteFile(filepath.Join(other, ":!dir", "b.yaml"), []byte(doc("below", "x:2")), 0o644))
	if got := revision(f.load(), "below"); got != want+" dirty" {
		t.Errorf("below, edited: %q", got)
	}
	// A link to another file is that file's.
	f.must(os.Remove(f.path("a.yaml")))
	f.must(os.Symlink(filepath.Join(root, "manifests", "..", "c.yaml"), f.path("a.yaml")))
	f.must(os.WriteFile(filepath.Join(root, "c.yaml"), []byte(doc("linked", "z")), 0o644))
	if got, want := revision(f.load(), "linked"), "main@"+head(t, root)[:7]+" dirty"; got != want {
		t.Errorf("linked elsewhere: %q, want %q", got, want)
	}
}

// TestSourceDeliversRevisions: a commit that changes no file makes a snapshot soon, with no resync.
func TestSourceDeliversRevisions(t *testing.T) {
	f, root := newGitFixture(t)
	f.live()
	fl := f.follow()
	becomes := func(what, want string) {
		t.Helper()
		want = strings.ReplaceAll(want, "HEAD", head(t, root)[:7])
		fl.until(what, func(s *Snapshot) bool { return revision(s, "shop") == want })
	}
	becomes("the first revision", "main@HEAD")
	f.write("shop.yaml", doc("shop", "node:22"))
	becomes("an edit", "main@HEAD dirty")
	git(t, root, "commit", "-qam", "22")
	becomes("a commit", "main@HEAD")
	git(t, root, "commit", "-q", "--allow-empty", "-m", "empty")
	becomes("an empty commit", "main@HEAD")
	git(t, root, "branch", "-q", "-m", "trunk")
	becomes("another name", "trunk@HEAD")
	git(t, root, "update-ref", "refs/heads/trunk", "HEAD~1")
	becomes("a branch moved behind our back", "trunk@HEAD")
}
