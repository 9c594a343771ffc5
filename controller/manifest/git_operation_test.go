package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
)

// gitHold returns the messages of the holds for git.
func gitHold(s *Snapshot) string {
	var messages []string
	for _, h := range s.Holds {
		if h.Reason == HoldGitOperation {
			messages = append(messages, h.Message)
		}
	}
	return strings.Join(messages, "\n")
}

// newDivergedFixture is a repository with an index of the given version, whose branch feature has two commits more than
// main, and main one more than feature.
func newDivergedFixture(t *testing.T, version string) (*fixture, string) {
	t.Helper()
	return fromTemplate(t, "diverged-"+version, func(f *fixture, root string) {
		initial, _ := newGitFixture(t)
		f.must(os.Remove(f.dir))
		f.must(os.CopyFS(root, os.DirFS(filepath.Dir(initial.dir))))
		git(t, root, "config", "index.version", version)
		git(t, root, "update-index", "--index-version", version)
		git(t, root, "checkout", "-qb", "feature")
		f.write("shop.yaml", doc("shop", "node:22"))
		git(t, root, "commit", "-qam", "22")
		f.write("z.yaml", doc("z", "img"))
		git(t, root, "add", "-A")
		git(t, root, "commit", "-qm", "z")
		git(t, root, "checkout", "-q", "main")
		f.write("shop.yaml", doc("shop", "node:18"))
		git(t, root, "commit", "-qam", "18")
	})
}

// TestGitOperationHoldsBetweenItsSteps stops real operations between steps, where only files in the git directory show
// them.
func TestGitOperationHoldsBetweenItsSteps(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(f *fixture, do func(args ...string) bool)
		says string
		end  [][]string
	}{
		{"second pick of a cherry-pick", func(f *fixture, do func(...string) bool) {
			do("cherry-pick", "feature~1", "feature")
			f.write("shop.yaml", doc("shop", "node:30"))
			do("commit", "-qam", "resolved")
			if _, err := os.Stat(filepath.Join(filepath.Dir(f.dir), ".git", "CHERRY_PICK_HEAD")); err == nil {
				f.t.Fatal("the cherry-pick's HEAD is still there")
			}
		}, "a cherry-pick or a revert of several commits", [][]string{{"cherry-pick", "--quit"}}},
		{"cherry-pick that was reset", func(_ *fixture, do func(...string) bool) {
			do("cherry-pick", "feature~1", "feature")
			do("reset", "-q", "--hard")
		}, "a cherry-pick or a revert of several commits", [][]string{{"cherry-pick", "--quit"}}},
		{"interactive rebase that stops to edit", func(f *fixture, do func(...string) bool) {
			f.t.Setenv("GIT_SEQUENCE_EDITOR", "sed -i s/^pick/edit/")
			do("rebase", "-i", "HEAD~1")
		}, "a rebase is in progress", [][]string{{"rebase", "--continue"}}},
		{"am", func(f *fixture, do func(...string) bool) {
			do("format-patch", "-q", "-o", f.t.TempDir(), "feature")
			patches := f.t.TempDir()
			do("format-patch", "-q", "-2", "-o", patches, "feature")
			found, _ := filepath.Glob(patches + "/*.patch")
			do(append([]string{"am", "-q"}, found...)...)
		}, "a git am is in progress: end it with git am --continue", [][]string{{"am", "--abort"}}},
		{"bisect", func(_ *fixture, do func(...string) bool) {
			do("bisect", "start", "HEAD", "HEAD~1")
		}, "a bisection is in progress: end it with git bisect reset", [][]string{{"bisect", "reset"}}},
		{"stash pop with a conflict", func(f *fixture, do func(...string) bool) {
			f.write("shop.yaml", doc("shop", "node:1"))
			do("stash", "-q")
			f.write("shop.yaml", doc("shop", "node:2"))
			do("commit", "-qam", "2")
			do("stash", "pop", "-q")
			f.write("shop.yaml", doc("shop", "node:2"))
		}, "conflicts are not resolved, the first in manifests/shop.yaml", [][]string{{"add", "-A"}}},
		{"checkout -m with a conflict", func(f *fixture, do func(...string) bool) {
			f.write("shop.yaml", doc("shop", "node:1"))
			do("checkout", "-q", "-m", "feature")
			f.write("shop.yaml", doc("shop", "node:2"))
		}, "conflicts are not resolved, the first in manifests/shop.yaml", [][]string{{"reset", "-q", "--hard"}}},
	} {
		for _, version := range []string{"2", "4"} {
			t.Run(tt.name+", index version "+version, func(t *testing.T) {
				f, root := newDivergedFixture(t, version)
				f.load()
				tt.stop(f, func(args ...string) bool { return git(t, root, args...) })
				f.must(os.Remove(f.path("blog.yaml")))
				if s := f.load(); !strings.Contains(gitHold(s), tt.says) {
					t.Fatalf("holds: %+v, want %q", s.Holds, tt.says)
				}
				f.restart()
				if s := f.load(); !strings.Contains(gitHold(s), tt.says) {
					t.Fatalf("holds of the next process: %+v, want %q", s.Holds, tt.says)
				}
				f.must(os.WriteFile(f.path("blog.yaml"), []byte(doc("blog", "ruby:3")), 0o644))
				for _, end := range tt.end {
					git(t, root, end...)
				}
				if s := f.load(); gitHold(s) != "" {
					t.Errorf("still held: %+v", s.Holds)
				}
			})
		}
	}
}

// TestGitLocksHold covers locks of every kind, and git worktree add, whose files come one after the other.
func TestGitLocksHold(t *testing.T) {
	f, root := newGitFixture(t)
	locks := slices.DeleteFunc(gitrepo.WatchNames(), func(name string) bool { return !strings.HasSuffix(name, ".lock") })
	for _, name := range append([]string{"locked"}, locks...) {
		path := filepath.Join(root, ".git", name)
		f.must(os.WriteFile(path, []byte("initializing"), 0o644))
		s := f.want("blog=ruby:3 shop=node:20", HoldGitOperation)
		if len(s.Holds) != 1 || s.Holds[0].Path != path || !strings.Contains(s.Holds[0].Message, path) {
			t.Errorf("holds: %+v", s.Holds)
		}
		f.must(os.Remove(path))
	}
	// A person's reason to lock a worktree is no operation.
	f.must(os.WriteFile(filepath.Join(root, ".git", "locked"), []byte("on a USB stick"), 0o644))
	f.want("blog=ruby:3 shop=node:20")
}

// TestGitRepositoriesThatCount: those of linked files, of superprojects, and of the environment.
func TestGitRepositoriesThatCount(t *testing.T) {
	f, root := newGitFixture(t)
	lock := filepath.Join(root, ".git", "index.lock")

	elsewhere := t.TempDir()
	git(t, elsewhere, "init", "-q")
	f.must(os.WriteFile(filepath.Join(elsewhere, "far.yaml"), []byte(doc("far", "img")), 0o644))
	f.must(os.Symlink(filepath.Join(elsewhere, "far.yaml"), f.path("far.yaml")))
	f.want("blog=ruby:3 far=img shop=node:20")
	f.must(os.WriteFile(filepath.Join(elsewhere, ".git", "index.lock"), nil, 0o644))
	f.want("blog=ruby:3 far=img shop=node:20", HoldGitOperation)
	f.must(os.Remove(filepath.Join(elsewhere, ".git", "index.lock")))
	f.must(os.Remove(f.path("far.yaml")))

	super := t.TempDir()
	git(t, super, "init", "-q")
	if !git(t, super, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", root, "sub") {
		t.Fatal("no submodule")
	}
	f.dir = filepath.Join(super, "sub", "manifests")
	f.restart()
	f.want("blog=ruby:3 shop=node:20")
	f.must(os.WriteFile(filepath.Join(super, ".git", "MERGE_HEAD"), nil, 0o644))
	f.want("blog=ruby:3 shop=node:20", HoldGitOperation)
	// The repository that was cloned has no say.
	f.must(os.Remove(filepath.Join(super, ".git", "MERGE_HEAD")))
	f.must(os.WriteFile(lock, nil, 0o644))
	f.want("blog=ruby:3 shop=node:20")
	f.must(os.Remove(lock))

	bare := filepath.Join(t.TempDir(), "dotfiles")
	f.must(os.Rename(filepath.Join(root, ".git"), bare))
	f.dir = filepath.Join(root, "manifests")
	f.restart()
	f.must(os.WriteFile(filepath.Join(bare, "index.lock"), nil, 0o644))
	f.want("blog=ruby:3 shop=node:20")
	t.Setenv("GIT_DIR", bare)
	t.Setenv("GIT_WORK_TREE", root)
	f.want("blog=ruby:3 shop=node:20", HoldGitOperation)
}
