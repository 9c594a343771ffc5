package manifest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs git in a directory; it reports whether it succeeded.
func git(t *testing.T, dir string, args ...string) bool {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_EDITOR=true")
	out, err := cmd.CombinedOutput()
	t.Logf("git %s: %s", strings.Join(args, " "), out)
	return err == nil
}

// templates are repositories that tests copy: a copy costs less than the git processes that made the repository.
var templates struct {
	dir  string
	made map[string]bool
}

// fromTemplate returns a fixture in a copy of a repository, which build makes at the first use of the name.
func fromTemplate(t *testing.T, name string, build func(f *fixture, root string)) (*fixture, string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	f := newFixture(t)
	root := filepath.Dir(f.dir)
	if !templates.made[name] {
		build(f, root)
		if templates.dir == "" {
			dir, err := os.MkdirTemp("", "manifest-templates-")
			f.must(err)
			templates.dir, templates.made = dir, map[string]bool{}
		}
		f.must(os.CopyFS(filepath.Join(templates.dir, name), os.DirFS(root)))
		templates.made[name] = true
		return f, root
	}
	f.must(os.Remove(f.dir)) // CopyFS makes it.
	f.must(os.CopyFS(root, os.DirFS(filepath.Join(templates.dir, name))))
	return f, root
}

// newGitFixture is a repository with one commit.
func newGitFixture(t *testing.T) (*fixture, string) {
	t.Helper()
	return fromTemplate(t, "base", func(f *fixture, root string) {
		git(t, root, "init", "-q", "-b", "main", "--template=")
		f.must(os.Mkdir(filepath.Join(root, ".git", "hooks"), 0o755))
		f.must(os.Mkdir(filepath.Join(root, ".git", "info"), 0o755))
		f.write("shop.yaml", doc("shop", "node:20"))
		f.write("blog.yaml", doc("blog", "ruby:3"))
		git(t, root, "add", ".")
		if !git(t, root, "commit", "-qm", "base") {
			t.Fatal("no commit")
		}
	})
}

// newBranchedFixture is a repository whose branches main and feature have different specs of shop; main has no blog.
func newBranchedFixture(t *testing.T) (*fixture, string) {
	t.Helper()
	return fromTemplate(t, "branched", func(f *fixture, root string) {
		initial, _ := newGitFixture(t)
		f.must(os.Remove(f.dir))
		f.must(os.CopyFS(root, os.DirFS(filepath.Dir(initial.dir))))
		git(t, root, "checkout", "-qb", "feature")
		f.write("shop.yaml", doc("shop", "node:22"))
		git(t, root, "commit", "-qam", "22")
		git(t, root, "checkout", "-q", "main")
		f.write("shop.yaml", doc("shop", "node:18"))
		git(t, root, "rm", "-q", "manifests/blog.yaml")
		git(t, root, "commit", "-qam", "18")
	})
}

func TestGitCheckoutFollows(t *testing.T) {
	f, root := newBranchedFixture(t)
	f.want("shop=node:18")
	git(t, root, "checkout", "-q", "main~1")
	f.want("blog=ruby:3 shop=node:20")
	git(t, root, "checkout", "-q", "feature")
	f.want("blog=ruby:3 shop=node:22")
	f.write("shop.yaml", doc("shop", "node:23"))
	f.want("blog=ruby:3 shop=node:23")
	git(t, root, "stash", "-q")
	f.want("blog=ruby:3 shop=node:22")
	git(t, root, "stash", "pop", "-q")
	f.want("blog=ruby:3 shop=node:23")
}

func TestGitOperationHoldsRemovals(t *testing.T) {
	for _, tt := range []struct {
		name       string
		begin, end []string
		advice     string
	}{
		{"rebase", []string{"rebase", "main", "feature"}, []string{"rebase", "--abort"}, "git rebase --continue"},
		{"rebase with apply", []string{"rebase", "--apply", "main", "feature"}, []string{"rebase", "--abort"}, "--abort"},
		{"merge", []string{"merge", "feature"}, []string{"merge", "--abort"}, "git merge --abort"},
		{"cherry-pick", []string{"cherry-pick", "feature"}, []string{"cherry-pick", "--abort"}, "git cherry-pick"},
		{"revert", []string{"revert", "--no-edit", "HEAD~1"}, []string{"revert", "--abort"}, "git revert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, root := newBranchedFixture(t)
			f.want("shop=node:18")
			if tt.name == "revert" {
				f.write("shop.yaml", doc("shop", "node:19"))
				git(t, root, "commit", "-qam", "19")
			}
			if git(t, root, tt.begin...) {
				t.Fatal("no conflict")
			}
			s := f.load()
			held := false
			for _, h := range s.Holds {
				held = held || h.Reason == HoldGitOperation && strings.Contains(h.Message, tt.advice)
			}
			if !held || s.Workspaces["shop"] == nil {
				t.Errorf("holds %+v, in force %s", s.Holds, summary(s))
			}
			git(t, root, tt.end...)
			f.load()
			f.pass(DefaultSettle)
			if s := f.load(); len(s.Holds) != 0 {
				t.Errorf("still held: %+v", s.Holds)
			}
		})
	}
}

func TestIndexLockHoldsRemovals(t *testing.T) {
	f, root := newGitFixture(t)
	lock := filepath.Join(root, ".git", "index.lock")
	f.must(os.WriteFile(lock, nil, 0o644))
	f.must(os.Remove(f.path("blog.yaml")))
	s := f.want("shop=node:20", HoldGitOperation)
	if !strings.Contains(s.Holds[0].Message, lock) || s.RetryAfter == 0 {
		t.Errorf("%+v, retry after %v", s.Holds, s.RetryAfter)
	}
	f.must(os.Remove(lock))
	f.want("shop=node:20")
	f.must(os.WriteFile(filepath.Join(root, ".git", "BISECT_LOG"), nil, 0o644))
	f.want("shop=node:20", HoldGitOperation)
}

func TestGitWorktreeAndSymlinkedDirectory(t *testing.T) {
	f, root := newGitFixture(t)
	tree := filepath.Join(t.TempDir(), "tree")
	git(t, root, "worktree", "add", "-q", "-b", "other", tree)
	link := filepath.Join(t.TempDir(), "link")
	f.must(os.Symlink(filepath.Join(tree, "manifests"), link))
	f.dir = link
	f.restart()
	f.want("blog=ruby:3 shop=node:20")
	lock := filepath.Join(root, ".git", "worktrees", "tree", "index.lock")
	f.must(os.WriteFile(lock, nil, 0o644))
	f.want("blog=ruby:3 shop=node:20", HoldGitOperation)
	f.must(os.Remove(lock))
	// The main work tree's operations are not this one's.
	f.must(os.WriteFile(filepath.Join(root, ".git", "index.lock"), nil, 0o644))
	f.want("blog=ruby:3 shop=node:20")
}

func TestRepositoryInsideTheDirectory(t *testing.T) {
	f, root := newGitFixture(t)
	f.dir = filepath.Dir(root)
	lock := filepath.Join(root, ".git", "index.lock")
	f.must(os.WriteFile(lock, nil, 0o644))
	f.restart()
	f.want("blog=ruby:3 shop=node:20", HoldGitOperation)
}
