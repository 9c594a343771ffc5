package manifest

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// fakeGit puts a shell script in git's place. It leaves a line in the returned file for each call.
func fakeGit(t *testing.T, script string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := fmt.Sprintf("#!/bin/sh\nPATH=%q\necho \"$*\" >>%q\n%s\n", os.Getenv("PATH"), calls, script)
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return calls
}

func countLines(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\n"))
}

func TestGitRunsOnlyWhenSomethingChanged(t *testing.T) {
	f, root := newRevisionFixture(t)
	path := os.Getenv("PATH")
	calls := fakeGit(t, `exec git "$@"`)
	real := func(args ...string) {
		t.Helper()
		fake := os.Getenv("PATH")
		f.must(os.Setenv("PATH", path))
		git(t, root, args...)
		f.must(os.Setenv("PATH", fake))
	}
	f.load()
	for deadline := time.Now().Add(5 * time.Minute); f.l.racy(); f.load() {
		if time.Now().After(deadline) {
			t.Fatal("the files' stamps never settle")
		}
	}
	if got := countLines(t, calls); got != 1 {
		t.Errorf("%d processes for the first reads of unchanged files", got)
	}
	for _, step := range []struct {
		name   string
		change func()
		calls  int
	}{
		{"nothing", func() {}, 0},
		{"an edit", func() { f.write("shop.yaml", doc("shop", "node:22")) }, 1},
		{"two edits", func() { f.write("shop.yaml", doc("shop", "node:23")); f.write("blog.yaml", doc("blog", "ruby:4")) }, 1},
		{"a commit", func() { real("commit", "-qam", "23") }, 1},
		{"a file of somebody else", func() { f.must(os.WriteFile(filepath.Join(root, "README"), nil, 0o644)) }, 0},
		{"another branch", func() { real("branch", "unrelated") }, 0},
	} {
		step.change()
		before := countLines(t, calls)
		for range 3 {
			f.load()
		}
		if got := countLines(t, calls) - before; got != step.calls {
			t.Errorf("%s: %d processes, want %d", step.name, got, step.calls)
		}
	}
}

func TestSlowGitDelaysOneReadOnly(t *testing.T) {
	f, root := newGitFixture(t)
	f.live()
	commit := head(t, root)[:7]
	gate := filepath.Join(t.TempDir(), "gate")
	fakeGit(t, fmt.Sprintf(`while [ ! -e %q ]; do sleep 0.01; done; exec git "$@"`, gate))
	// A read that must not wait would wait for longer than any machine needs to read; one that has to wait does so for
	// the patience.
	const patience, forever = 100 * time.Millisecond, 5 * time.Minute
	f.l.git.revisions.Wait, f.l.git.revisions.Timeout = patience, 2*forever
	open := func() { f.must(os.WriteFile(gate, nil, 0o644)) }
	t.Cleanup(open)
	timed := func() (string, time.Duration) {
		begun := time.Now()
		return revision(f.load(), "shop"), time.Since(begun)
	}
	if got, took := timed(); got != "none" || took < patience {
		t.Errorf("first read: %q after %v", got, took)
	}
	f.l.git.revisions.Wait = forever
	for i := range 3 {
		f.write("shop.yaml", doc("shop", fmt.Sprintf("node:%d", i)))
		if got, took := timed(); got != "none" || took >= forever {
			t.Errorf("read %d: %q after %v", i, got, took)
		}
	}
	f.l.git.revisions.Quick = forever // Whatever the machine does meanwhile, the answer is a quick one.
	f.answerComes(open, "main@"+commit+" dirty")
	// That was asked again, and answered at once: reads wait for git again. The answer does not apply to other content.
	f.must(os.Remove(gate))
	f.l.git.revisions.Wait = patience
	f.write("shop.yaml", doc("shop", "node:20"))
	if got, took := timed(); got != "none" || took < patience {
		t.Errorf("after a quick answer: %q after %v", got, took)
	}
	f.l.git.revisions.Quick = 0 // No answer is quick.
	f.answerComes(open, "main@"+commit)
	f.must(os.Remove(gate))
	f.l.git.revisions.Wait = forever
	f.write("shop.yaml", doc("shop", "node:21"))
	if got, took := timed(); got != "none" || took >= forever {
		t.Errorf("after a slow answer: %q after %v", got, took)
	}
	f.answerComes(open, "main@"+commit+" dirty")
}

// answerComes lets git answer a source that watches.
func (f *fixture) answerComes(open func(), want string) {
	f.t.Helper()
	fl := f.follow()
	defer fl.stop()
	open()
	fl.until("the late answer "+want, func(s *Snapshot) bool { return revision(s, "shop") == want })
}

func TestHangingGitIsEnded(t *testing.T) {
	f, _ := newGitFixture(t)
	var log bytes.Buffer
	f.l.git.revisions = gitrepo.NewTracker(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	f.l.git.revisions.Timeout = time.Second
	f.patient()
	pid := filepath.Join(t.TempDir(), "pid")
	calls := fakeGit(t, fmt.Sprintf("sleep 600 & echo $! >%q; wait", pid))
	for range 3 {
		f.wantRevision("", "none")
	}
	f.write("shop.yaml", doc("shop", "node:22"))
	f.wantRevision("", "none")
	if got := countLines(t, calls); got != 2 {
		t.Errorf("%d processes for one change", got)
	}
	if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "no answer within 1s") {
		t.Errorf("logged %s", log.String())
	}
	child, err := os.ReadFile(pid)
	f.must(err)
	proc := filepath.Join("/proc", strings.TrimSpace(string(child)), "stat")
	for deadline := time.Now().Add(5 * time.Minute); ; {
		stat, err := os.ReadFile(proc)
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("what git started still runs: %s", stat)
		}
	}
}

func TestGitIsOnlyAskedToRead(t *testing.T) {
	f, root := newRevisionFixture(t)
	ran := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "script")
	f.must(os.WriteFile(script, []byte("#!/bin/sh\necho >"+ran+"\n"), 0o755))
	git(t, root, "config", "core.fsmonitor", script)
	f.must(os.Symlink(script, filepath.Join(root, ".git", "hooks", "post-index-change")))
	// A stale index entry is what makes git status write the index.
	future := time.Now().Add(-time.Hour)
	f.must(os.Chtimes(f.path("shop.yaml"), future, future))
	f.must(os.RemoveAll(ran))
	gitDir := filepath.Join(root, ".git")
	before, err := stat.Path(filepath.Join(gitDir, "index"))
	f.must(err)
	dir, err := stat.Path(gitDir)
	f.must(err)
	for range 3 {
		f.wantRevision(root, "main@HEAD")
		f.must(os.Chtimes(f.path("shop.yaml"), future.Add(time.Minute), future.Add(time.Minute)))
	}
	if after, err := stat.Path(filepath.Join(gitDir, "index")); err != nil || after != before {
		t.Errorf("the index was written: %+v, was %+v, %v", after, before, err)
	}
	// A lock that came and went would have changed the directory.
	if after, err := stat.Path(gitDir); err != nil || after != dir {
		t.Errorf(".git was written to: %+v, was %+v, %v", after, dir, err)
	}
	if _, err := os.Stat(ran); !os.IsNotExist(err) {
		t.Error("a program of the repository's configuration ran")
	}
}

func TestGitEnvironmentIsOurs(t *testing.T) {
	f, root := newRevisionFixture(t)
	want := "main@" + head(t, root)[:7]
	for name, value := range map[string]string{
		"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nowhere", "GIT_OPTIONAL_LOCKS": "1",
		"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true", "LC_ALL": "de_DE.UTF-8",
	} {
		t.Setenv(name, value)
	}
	f.wantRevision(root, want)
}

// TestUnownedRepository: git itself refuses a repository of another user, because its configuration can name programs.
// Here git does not read it, so that a service of root knows the revision too.
func TestUnownedRepository(t *testing.T) {
	f, root := newRevisionFixture(t)
	want := "main@" + head(t, root)[:7]
	if err := os.Chown(root, 12345, 12345); err != nil {
		t.Skip("only root can give a directory away")
	}
	f.must(os.Chown(filepath.Join(root, ".git"), 12345, 12345))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SUDO_UID", "")
	f.wantRevision("", want)
	f.want("blog=ruby:3 shop=node:20")
}
