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

func newGitFixture(t *testing.T) (*fixture, string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	f := newFixture(t)
	root := filepath.Dir(f.dir)
	git(t, root, "init", "-q", "-b", "main")
	f.write("shop.yaml", doc("shop", "node:20"))
	f.write("blog.yaml", doc("blog", "ruby:3"))
	git(t, root, "add", ".")
	if !git(t, root, "commit", "-qm", "base") {
		t.Fatal("no commit")
	}
	return f, root
}

func branches(f *fixture, root string) {
	git(f.t, root, "checkout", "-qb", "feature")
	f.write("shop.yaml", doc("shop", "node:22"))
	git(f.t, root, "commit", "-qam", "22")
	git(f.t, root, "checkout", "-q", "main")
	f.write("shop.yaml", doc("shop", "node:18"))
	git(f.t, root, "rm", "-q", "manifests/blog.yaml")
	git(f.t, root, "commit", "-qam", "18")
}

func TestGitCheckoutFollows(t *testing.T) {
	f, root := newGitFixture(t)
	f.want("blog=ruby:3 shop=node:20")
	branches(f, root)
	f.want("shop=node:18")
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
			f, root := newGitFixture(t)
			branches(f, root)
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
