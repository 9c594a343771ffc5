package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// crashed makes the record of a workspace that runs under no controller one of a long crash loop.
func (b *bench) crashed(short string) {
	b.Helper()
	file := filepath.Join(b.State, b.Instance, "workspaces", b.Name(short)+".json")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var record map[string]map[string]any
	if err := json.Unmarshal(data, &record); err != nil {
		b.Fatal(err)
	}
	crash, _ := record["memory"]["crash"].(map[string]any)
	if crash == nil {
		b.Fatalf("no crash in %s", data)
	}
	crash["failures"] = 10
	if data, err = json.Marshal(record); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestSourceComesBackStartsAtOnce takes the source of a workspace away that is in a crash loop, and brings it back mended.
func TestSourceComesBackStartsAtOnce(t *testing.T) {
	b := newBench(t)
	shop := filepath.Join(b.Root, "shop")
	if err := os.Mkdir(shop, 0o755); err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.manifest("a", `image: busybox`, `command: ["sh", "-c", "test -e ok && exec sleep 1000000; exit 1"]`,
		`source: {path: ../shop}`, `terminationGracePeriodSeconds: 1`))
	l := b.Run("--resync", "1s")
	b.Eventually("it was started again", func() string {
		if ws := b.Get("a"); ws == nil || ws.Status.RestartCount == 0 {
			return "not yet"
		}
		return ""
	})
	l.Stop()
	b.crashed("a")
	b.Run("--resync", "1s")
	next := b.Shows("a", "CrashLoopBackOff").Status.NextRetryTime.Time
	b.Move("shop", "shop.away")
	b.Shows("a", "SourceNotFound", shop)
	if err := os.WriteFile(filepath.Join(b.Root, "shop.away", "ok"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Move("shop.away", "shop")
	now := b.Running("a")
	b.Shows("a", "Running")
	if started, err := time.Parse(time.RFC3339Nano, now.State.StartedAt); err != nil || !started.Before(next) {
		t.Errorf("started at %s, as if it had gone on backing off until %s", now.State.StartedAt, next)
	}
}

// replacedNotice waits until a workspace says that a source was replaced, with these words.
func (b *bench) saysReplaced(short string, words ...string) {
	b.Helper()
	b.Eventually(short+" says SourceReplaced", func() string {
		ws := b.Get(short)
		if ws == nil {
			return "get does not know it"
		}
		c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionSourceReplaced)
		if c == nil {
			return fmt.Sprintf("conditions %+v", ws.Status.Conditions)
		}
		for _, word := range words {
			if !strings.Contains(c.Message, word) {
				return c.Message
			}
		}
		return ""
	})
}

// sees waits until a file in a workspace has this content.
func (b *bench) sees(short, file, content string) {
	b.Helper()
	b.Eventually(short+" sees "+content, func() string {
		out, err := b.tryInside(short, "cat", file)
		if err == nil && out == content {
			return ""
		}
		return out
	})
}

// put writes a file below the bench's root.
func (b *bench) put(file, content string) {
	b.Helper()
	path := filepath.Join(b.Root, file)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestSourceReplaced clones a source again in its place, saves a file by renaming, and gives a link another target.
func TestSourceReplaced(t *testing.T) {
	b := newBench(t)
	b.git("init", "-q", "origin")
	b.put("origin/f", "one")
	commit := func(message string) {
		b.git("-C", "origin", "add", ".")
		b.git("-C", "origin", "commit", "-q", "-m", message)
	}
	commit("one")
	b.git("clone", "-q", "origin", "shop")
	b.put("app.conf", "one")
	b.put("releases/1/f", "one")
	b.put("releases/2/f", "two")
	current := filepath.Join(b.Root, "current")
	if err := os.Symlink("releases/1", current); err != nil {
		t.Fatal(err)
	}
	const conf = `mounts: [{type: bind, source: ../app.conf, target: /app.conf}]`
	b.Write("a.yaml", b.sleeper("a", `source: {path: ../shop}`, conf))
	b.Write("b.yaml", b.sleeper("b", `sourceChangePolicy: Ignore`, `source: {path: ../shop}`))
	b.Write("c.yaml", b.sleeper("c", `sourceChangePolicy: Restart`, `source: {path: ../current}`, conf))
	b.Write("d.yaml", b.sleeper("d", `source: {path: ../current}`))
	l := b.Run("--resync", "1s")
	before := map[string]*inspected{}
	for _, short := range []string{"a", "b", "c", "d"} {
		before[short] = b.Running(short)
		b.Shows(short, "Running")
	}

	b.put("origin/f", "two")
	commit("two")
	if err := os.RemoveAll(filepath.Join(b.Root, "shop")); err != nil {
		t.Fatal(err)
	}
	b.git("clone", "-q", "origin", "shop")
	b.sees("a", "/workspace/f", "two")
	now := b.Running("a") // An engine runs commands in a container before it reports that container as running.
	b.Shows("a", "Running")
	if now.ID != before["a"].ID || now.State.StartedAt == before["a"].State.StartedAt {
		t.Errorf("a was not restarted: %+v", now)
	}
	b.saysReplaced("b", filepath.Join(b.Root, "shop"), "dual-reconciler restart "+b.Name("b"))
	b.Same("b", before["b"])
	b.wantWords("events", b.Do("events").Stdout, "SourceReplaced", "Restarted", filepath.Join(b.Root, "shop"))
	l.Expect(1, "restart", "a")

	before["a"] = b.Running("a")
	b.put("app.conf.new", "two")
	b.Move("app.conf.new", "app.conf")
	b.sees("c", "/app.conf", "two")
	b.saysReplaced("a", filepath.Join(b.Root, "app.conf"), "another file", "dual-reconciler restart "+b.Name("a"))
	b.Same("a", before["a"])
	if r := b.Do("restart", b.Name("a")); r.Code != 0 {
		t.Fatalf("restart: %+v", r)
	}
	b.sees("a", "/app.conf", "two")

	if err := os.Symlink("releases/2", current+".new"); err != nil {
		t.Fatal(err)
	}
	b.Move("current.new", "current")
	b.sees("c", "/workspace/f", "two")
	b.saysReplaced("d", current, "another directory")
	b.Same("d", before["d"])
	l.Stop()

	// Without a controller diff shows it, and apply does it.
	before["c"] = b.Running("c")
	b.put("app.conf.new", "three")
	b.Move("app.conf.new", "app.conf")
	if r := b.Do("diff"); r.Code != 1 || !strings.Contains(r.Stdout, "restart "+b.Name("c")) || strings.Contains(r.Stdout, b.Name("a")) {
		t.Errorf("diff: %+v", r)
	}
	b.Apply(0)
	b.sees("c", "/app.conf", "three")
	if now := b.Look("c"); now.ID != before["c"].ID {
		t.Error("c was recreated for a file")
	}
}

// TestSourceReplacedOfAnotherRun replaces a source, with nobody looking, of a container that was restarted by hand.
func TestSourceReplacedOfAnotherRun(t *testing.T) {
	b := newBench(t)
	b.put("shop/f", "one")
	b.Write("a.yaml", b.sleeper("a", `source: {path: ../shop}`))
	b.Apply(0)
	replace := func(content string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(b.Root, "shop")); err != nil {
			t.Fatal(err)
		}
		b.put("shop/f", content)
	}
	replace("two")
	b.docker("restart", "-t", "1", b.Container("a"))
	now := b.Running("a")
	if r := b.Do("diff"); r.Code != 0 {
		t.Errorf("diff of a container that was restarted by hand since: %+v", r)
	}
	b.Apply(0)
	b.Same("a", now)
	replace("three")
	if r := b.Do("diff"); r.Code != 1 || !strings.Contains(r.Stdout, "restart "+b.Name("a")) {
		t.Errorf("diff of a container whose source was replaced since: %+v", r)
	}
	b.Apply(0)
	b.sees("a", "/workspace/f", "three")
}

// hostGit are mounts that let the host's git run in busybox.
func hostGit() string {
	mounts := []string{"{type: bind, source: /usr, target: /usr, readOnly: true}"}
	for _, dir := range []string{"/lib", "/lib64"} {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			mounts = append(mounts, fmt.Sprintf("{type: bind, source: %s, target: %s, readOnly: true}", real, dir))
		}
	}
	return "mounts: [" + strings.Join(mounts, ", ") + "]"
}

// TestSourceIsAWorktree works with git in a linked work tree, and gains no mount by writing its .git file.
func TestSourceIsAWorktree(t *testing.T) {
	b := newBench(t)
	for _, repo := range []string{"repo", "secret"} {
		b.git("init", "-q", "-b", "main", repo)
		b.put(repo+"/f", repo)
		b.git("-C", repo, "add", ".")
		b.git("-C", repo, "commit", "-q", "-m", "first of "+repo)
	}
	b.git("-C", "repo", "worktree", "add", "-q", "-b", "feature", "../shop")
	repo, secret := filepath.Join(b.Root, "repo", ".git"), filepath.Join(b.Root, "secret", ".git")
	manifest := func(extra ...string) string {
		return b.sleeper("a", append(extra, `source: {path: ../shop}`, hostGit())...)
	}
	b.Write("a.yaml", manifest())
	if r := b.Do("diff"); r.Code != 1 || !strings.Contains(r.Stdout, "mounts the git directory "+repo) {
		t.Errorf("diff: %+v", r)
	}
	b.Run("--resync", "1s")
	before := b.Running("a")
	git := func(args ...string) string {
		t.Helper()
		return b.Inside("a", append([]string{"git", "-c", "safe.directory=*", "-c", "user.name=e2e", "-c", "user.email=e2e@example.invalid"}, args...)...)
	}
	if got := git("log", "--format=%s"); got != "first of repo" {
		t.Errorf("git log in the workspace: %q", got)
	}
	git("commit", "-q", "--allow-empty", "-m", "from inside")
	if got := strings.TrimSpace(b.git("-C", "repo", "log", "-1", "--format=%s", "feature")); got != "from inside" {
		t.Errorf("the commit from inside is %q on the host", got)
	}
	b.wantWords("describe", b.Do("describe", b.Name("a")).Stdout, "Git directory:", repo)

	// The workspace claims to be another repository's work tree: one that never knew it, then one that did.
	claim := func(dir string) {
		b.Inside("a", "sh", "-c", "echo gitdir: "+dir+" > /workspace/.git")
	}
	wants := func(text string) {
		b.Helper()
		b.Eventually(text, func() string {
			if out := b.Do("describe", b.Name("a")).Stdout; !strings.Contains(out, text) {
				return out
			}
			return ""
		})
	}
	claim(filepath.Join(secret, "worktrees", "x"))
	wants("GitDirectoryNotMounted=True")
	b.git("-C", "secret", "worktree", "add", "-q", "-b", "old", "../elsewhere")
	back := filepath.Join(secret, "worktrees", "elsewhere", "gitdir")
	if err := os.WriteFile(back, []byte(filepath.Join(b.Root, "shop", ".git")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	claim(filepath.Dir(back))
	wants("a linked work tree of " + secret + " now, which is not mounted")
	b.Same("a", before)
	b.Write("a.yaml", manifest(`hostname: other`))
	now := b.Replaced("a", before)
	for _, m := range now.Mounts {
		if strings.HasPrefix(m.Source, filepath.Join(b.Root, "secret")) {
			t.Errorf("the workspace gained %s", m.Source)
		}
	}
	if r := b.Do("recreate", b.Name("a")); r.Code != 0 {
		t.Fatalf("recreate: %+v", r)
	}
	b.Replaced("a", now)
	if got := git("log", "--format=%s", "-1", "main"); got != "first of secret" {
		t.Errorf("after recreate, as a person asked, git log in the workspace is %q", got)
	}
	b.wantWords("events", b.Do("events").Stdout, "GitDirectoryNotMounted", "mounts the git directory "+secret)
}
