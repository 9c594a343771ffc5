package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLabelIsNoPath: a label that names a path, in place of a workspace, writes, changes and removes no file.
func TestLabelIsNoPath(t *testing.T) {
	b := newBench(t)
	victim := filepath.Join(b.Root, "victim.json")
	const content = `{"precious": true}`
	if err := os.WriteFile(victim, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	intact := func(when string) {
		t.Helper()
		if got, err := os.ReadFile(victim); err != nil || string(got) != content {
			t.Fatalf("%s: %v: %q", when, err, got)
		}
	}
	relative, err := filepath.Rel(filepath.Join(b.State, "workspaces"), filepath.Join(b.Root, "victim"))
	if err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	b.Running("a")
	hostile := b.docker("run", "-d", "--label", "dual.dev/instance="+b.Instance, "--label", "dual.dev/workspace="+relative,
		"busybox", "sleep", "1000000")
	b.Write("b.yaml", b.sleeper("b"))
	b.Running("b")
	intact("while it runs")
	for _, verb := range [][]string{
		{"get"},
		{"get", relative},
		{"describe", relative},
		{"events"},
		{"logs", relative},
		{"restart", relative},
		{"exec", relative, "--", "true"},
	} {
		b.Do(verb...)
	}
	intact("after the verbs")
	b.docker("rm", "-f", hostile)
	b.Write("c.yaml", b.sleeper("c"))
	b.Running("c")
	intact("after its end")
}

// TestRepositoryStartsNothing: a filter of the repository that holds the manifests does not run when they are read.
func TestRepositoryStartsNothing(t *testing.T) {
	b := newBench(t)
	ran := filepath.Join(b.Root, "ran")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", b.Root, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	b.Write("a.yaml", b.sleeper("a"))
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-qm", "base")
	git("config", "filter.x.clean", fmt.Sprintf("touch '%s'; cat", ran))
	if err := os.WriteFile(filepath.Join(b.Root, ".git", "info", "attributes"), []byte("*.yaml filter=x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	b.Running("a")
	b.Eventually("the revision is known", func() string {
		if ws := b.Get("a"); ws == nil || ws.Status.Revision == nil {
			return "it has none"
		}
		return ""
	})
	if _, err := os.Stat(ran); err == nil {
		t.Fatal("the filter ran")
	}
}
