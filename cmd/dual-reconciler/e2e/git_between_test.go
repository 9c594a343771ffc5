package e2e

import (
	"path/filepath"
	"testing"
)

// TestGitBetweenSteps stops operations of git where none of the well-known files says that they go on, on a tree that lacks
// a manifest: its workspace stays until the operation is over.
func TestGitBetweenSteps(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(b *bench)
		says string
		end  []string
	}{
		{"cherry-pick of three commits, the second in conflict", func(b *bench) {
			b.conflict("cherry-pick", "main~2", "main~1", "main")
			b.git("reset", "-q", "--hard") // It takes CHERRY_PICK_HEAD away, and not what is left to do.
		}, "several commits is in progress", []string{"cherry-pick", "--abort"}},
		{"interactive rebase", func(b *bench) {
			b.git("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "HEAD~1")
		}, "a rebase is in progress", []string{"rebase", "--abort"}},
		{"am", func(b *bench) {
			b.git("format-patch", "-q", "-3", "-o", "patches", "main")
			patches, err := filepath.Glob(filepath.Join(b.Root, "patches", "*.patch"))
			if err != nil || len(patches) != 3 {
				b.Fatalf("%v, %v", patches, err)
			}
			if out, err := b.tryGit(append([]string{"am", "-q"}, patches...)...); err == nil {
				b.Fatalf("am: no conflict: %s", out)
			}
		}, "a git am is in progress", []string{"am", "--abort"}},
		{"bisect", func(b *bench) {
			b.git("bisect", "start", "HEAD", "HEAD~1")
		}, "a bisection is in progress", []string{"bisect", "reset"}},
		{"stash pop in conflict", func(b *bench) {
			b.Write("a.yaml", b.coloured("a", "white"))
			b.git("stash", "-q")
			b.Write("a.yaml", b.coloured("a", "black"))
			b.commit("black")
			b.conflict("stash", "pop")
			b.Write("a.yaml", b.coloured("a", "black"))
		}, "conflicts are not resolved", []string{"reset", "-q", "--hard"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.Write("a.yaml", b.coloured("a", "red"))
			b.Write("gone.yaml", b.sleeper("gone"))
			b.repo()
			b.git("switch", "-q", "-c", "feature")
			b.Write("a.yaml", b.coloured("a", "blue"))
			b.commit("blue")
			b.git("switch", "-q", "main")
			b.Write("extra.txt", "extra\n")
			b.commit("extra")
			b.Write("a.yaml", b.coloured("a", "green"))
			b.commit("green")
			b.Write("last.txt", "last\n")
			b.commit("last")
			b.git("switch", "-q", "feature")
			loop := b.Run(quick...)
			b.Running("a")
			before := map[string]*inspected{"gone": b.Running("gone")}
			c.stop(b)
			b.Delete("gone.yaml")
			loop.WaitLog(c.says)
			b.Shows("gone", "Held", c.says)
			b.Stays("between the steps", before)
			loop.Kill()
			loop = b.Run(quick...)
			loop.WaitLog(c.says)
			b.Stays("in the next controller", before)
			b.Write("gone.yaml", b.sleeper("gone"))
			b.git(c.end...)
			loop.WaitLog("resolved: ")
			b.Shows("gone", "Running")
			b.Same("gone", before["gone"])
		})
	}
}

// TestGitWorktreeBetweenSteps: what is under way in a linked worktree holds there.
func TestGitWorktreeBetweenSteps(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("gone.yaml", b.sleeper("gone"))
	b.repo()
	b.git("worktree", "add", "-q", "-b", "other", "tree")
	b.Dir = filepath.Join(b.Root, "tree", "manifests")
	loop := b.Run(quick...)
	b.Running("a")
	before := map[string]*inspected{"gone": b.Running("gone")}
	b.git("-C", "tree", "bisect", "start")
	b.Delete("gone.yaml")
	loop.WaitLog("a bisection is in progress")
	b.Stays("while it is bisected", before)
	b.git("-C", "tree", "bisect", "reset")
	b.Gone("gone")
	b.Running("a")
}
