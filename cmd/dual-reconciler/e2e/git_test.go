package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs the real git in the bench's root, and fails the test where it fails.
func (b *bench) git(args ...string) string {
	b.Helper()
	out, err := b.tryGit(args...)
	if err != nil {
		b.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// tryGit runs git where failing is an answer, such as a conflict.
func (b *bench) tryGit(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_EDITOR=true",
		"GIT_AUTHOR_NAME=e2e", "GIT_AUTHOR_EMAIL=e2e@example.invalid",
		"GIT_COMMITTER_NAME=e2e", "GIT_COMMITTER_EMAIL=e2e@example.invalid")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// repo makes the bench's root a repository whose first commit, on main, holds what was written so far.
func (b *bench) repo() {
	b.Helper()
	b.git("init", "-q", "-b", "main")
	b.commit("first")
}

func (b *bench) commit(message string) {
	b.Helper()
	b.git("add", "-A", "manifests")
	b.git("commit", "-q", "-m", message)
}

// coloured is a manifest in which branches can differ on one line.
func (b *bench) coloured(short, colour string) string {
	return b.sleeper(short, "env: [{name: COLOUR, value: "+colour+"}]")
}

// Colour waits until the container of a workspace runs with this colour.
func (b *bench) Colour(short, colour string) *inspected {
	b.Helper()
	return b.Until(short, "is "+colour, func(c *inspected) string {
		if !c.State.Running || !strings.Contains(strings.Join(c.Config.Env, "\n")+"\n", "COLOUR="+colour+"\n") {
			return c.State.Status + " with " + strings.Join(c.Config.Env, " ")
		}
		return ""
	})
}

func TestGitCheckout(t *testing.T) {
	b := newBench(t)
	b.Write("both.yaml", b.sleeper("both"))
	b.Write("differs.yaml", b.coloured("differs", "red"))
	b.Write("main.yaml", b.sleeper("main"))
	b.repo()
	b.git("switch", "-q", "-c", "feature")
	b.Delete("main.yaml")
	b.Write("differs.yaml", b.coloured("differs", "blue"))
	b.Write("feature/feature.yaml", b.sleeper("feature"))
	b.commit("feature")
	b.git("switch", "-q", "main")
	loop := b.Run(quick...)
	both, differs := b.Running("both"), b.Colour("differs", "red")
	b.Running("main")

	b.git("switch", "-q", "feature")
	b.Running("feature")
	b.Colour("differs", "blue")
	b.Gone("main")
	b.git("switch", "-q", "main")
	b.Running("main")
	b.Gone("feature")
	if now := b.Colour("differs", "red"); now.ID == differs.ID {
		t.Error("the same container had two colours")
	}
	b.Same("both", both)
	loop.Expect(2, "recreate", "differs")
}

func TestGitStash(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.coloured("a", "red"))
	b.repo()
	b.Write("a.yaml", b.coloured("a", "blue"))
	b.Write("new.yaml", b.sleeper("new"))
	b.Run(quick...)
	b.Colour("a", "blue")
	b.Running("new")
	b.git("stash", "-q", "--include-untracked")
	b.Colour("a", "red")
	b.Gone("new")
	b.git("stash", "pop", "-q")
	b.Colour("a", "blue")
	b.Running("new")
}

// conflicting makes main and feature disagree about a.yaml, feature add f.yaml after that and main delete m.yaml, and
// checks out feature.
func (b *bench) conflicting() {
	b.Helper()
	b.Write("a.yaml", b.coloured("a", "red"))
	b.Write("kept.yaml", b.sleeper("kept"))
	b.Write("m.yaml", b.sleeper("m"))
	b.repo()
	b.git("switch", "-q", "-c", "feature")
	b.Write("a.yaml", b.coloured("a", "blue"))
	b.commit("blue")
	b.Write("f.yaml", b.sleeper("f"))
	b.commit("f")
	b.git("switch", "-q", "main")
	b.Write("a.yaml", b.coloured("a", "green"))
	b.Delete("m.yaml")
	b.commit("green")
	b.git("switch", "-q", "feature")
}

// conflict runs a git command that must end in a conflict in a.yaml.
func (b *bench) conflict(args ...string) {
	b.Helper()
	out, err := b.tryGit(args...)
	data, _ := os.ReadFile(filepath.Join(b.Dir, "a.yaml"))
	if err == nil || !strings.Contains(string(data), "<<<<<<<") {
		b.Fatalf("git %v did not end in a conflict: %v\n%s", args, err, out)
	}
}

func TestGitRebase(t *testing.T) {
	b := newBench(t)
	b.conflicting()
	loop := b.Run(quick...)
	b.Colour("a", "blue")
	before := map[string]*inspected{"kept": b.Running("kept"), "m": b.Running("m"), "f": b.Running("f")}

	// The rebase stops before the commit that adds f.yaml, on a tree that has no m.yaml: neither may go.
	b.conflict("rebase", "main")
	loop.WaitLog("a rebase is in progress")
	b.Stays("in the middle of a rebase", before)
	b.Shows("f", "Held", "a rebase is in progress")
	b.Shows("a", "InvalidManifest", "unresolved git conflict")
	b.Running("a")
	loop.Kill()
	loop = b.Run(quick...)
	loop.WaitLog("a rebase is in progress")
	b.Stays("in the next controller, in the middle of a rebase", before)
	b.git("rebase", "--abort")
	b.Shows("f", "Running")
	b.Colour("a", "blue")
	b.Stays("after git rebase --abort", before)

	b.conflict("rebase", "main")
	b.Shows("m", "Held", "a rebase is in progress")
	b.Write("a.yaml", b.coloured("a", "cyan"))
	b.Colour("a", "cyan")
	b.git("add", "manifests/a.yaml")
	b.git("rebase", "--continue")
	b.Gone("m")
	b.Colour("a", "cyan")
	b.Shows("f", "Running")
	b.Same("f", before["f"])
	b.Same("kept", before["kept"])
}

func TestGitMerge(t *testing.T) {
	b := newBench(t)
	b.conflicting()
	loop := b.Run(quick...)
	b.Colour("a", "blue")
	before := map[string]*inspected{"kept": b.Running("kept"), "m": b.Running("m"), "f": b.Running("f")}

	b.conflict("merge", "main")
	loop.WaitLog("a merge is in progress")
	b.Stays("in the middle of a merge", before)
	b.Shows("m", "Held", "a merge is in progress")
	b.git("merge", "--abort")
	b.Shows("m", "Running")
	b.Stays("after git merge --abort", before)

	b.conflict("merge", "main")
	b.Shows("m", "Held", "a merge is in progress")
	b.Write("a.yaml", b.coloured("a", "cyan"))
	b.Colour("a", "cyan")
	b.Same("m", before["m"])
	b.commit("merged")
	b.Gone("m")
	b.Same("f", before["f"])
	b.Same("kept", before["kept"])
}

// TestGitIndexLock stands for a git command that takes its time between two files.
func TestGitIndexLock(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	b.repo()
	loop := b.Run(quick...)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
	lock := filepath.Join(b.Root, ".git", "index.lock")
	if err := os.WriteFile(lock, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Delete("b.yaml")
	loop.WaitLog("a git command is writing")
	b.Stays("while git is writing", before)
	b.Shows("b", "Held", "index.lock")
	b.Write("c.yaml", b.sleeper("c"))
	b.Running("c")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	b.Gone("b")
	b.Same("a", before["a"])
}

// TestGitPull pulls a commit that renames one file, adds one and deletes one.
func TestGitPull(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("gone.yaml", b.sleeper("gone"))
	b.repo()
	b.git("clone", "-q", "--bare", ".", "origin.git")
	b.git("clone", "-q", "origin.git", "colleague")
	b.git("remote", "add", "origin", "origin.git")
	b.git("fetch", "-q")
	b.git("branch", "-q", "--set-upstream-to=origin/main")
	loop := b.Run(quick...)
	before := b.Running("a")
	b.Running("gone")

	if err := os.WriteFile(filepath.Join(b.Root, "colleague", "manifests", "new.yaml"), []byte(b.sleeper("new")), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mv", "manifests/a.yaml", "manifests/renamed.yaml"},
		{"rm", "-q", "manifests/gone.yaml"},
		{"add", "-A"},
		{"commit", "-q", "-m", "rename"},
		{"push", "-q"},
	} {
		b.git(append([]string{"-C", "colleague"}, args...)...)
	}
	b.git("pull", "-q", "--ff-only")
	b.Running("new")
	b.Gone("gone")
	if ws := b.Shows("a", "Running"); ws.Status.Manifest.String() != "renamed.yaml:1" {
		t.Errorf("manifest: %s", ws.Status.Manifest)
	}
	b.Same("a", before)
	loop.Expect(1, "create", "a")
}
