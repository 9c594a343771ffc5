package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostPathsWaitForApproval: a workspace that can write its own manifest gives itself no path of the host outside of the
// manifest's own work tree, by no verb, until a person approves; and neither by the manifest of a workspace that it makes up.
func TestHostPathsWaitForApproval(t *testing.T) {
	b := newBench(t)
	if out, err := exec.Command("git", "-C", b.Root, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	outside, other := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.env"), []byte("SECRET=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(b.Root, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	bind := func(source string) string {
		return fmt.Sprintf("{type: bind, source: %s, target: /x%s%s}", source, filepath.Base(filepath.Dir(source)), filepath.Base(source))
	}
	manifest := func(mounts ...string) string {
		return b.sleeper("a", `source: {path: ..}`, "mounts: ["+strings.Join(mounts, ", ")+"]")
	}
	// What a person wrote before any workspace could write it does not wait.
	b.Write("a.yaml", manifest(bind(other)))
	loop := b.Run()
	before := b.Running("a")
	inside := func(file, content string) {
		t.Helper()
		cmd := exec.Command("docker", "exec", "-i", b.Container("a"), "sh", "-c",
			"cat > /workspace/.t && mv /workspace/.t /workspace/manifests/"+file)
		cmd.Stdin = strings.NewReader(content)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("write %s inside: %v\n%s", file, err, out)
		}
	}
	inside("a.yaml", manifest(bind(other), bind(outside)))
	inside("evil.yaml", b.sleeper("evil", "envFrom: [{file: "+outside+"/secret.env}]"))
	b.Shows("a", "Held", "a.yaml:", "spec.mounts[1].source", outside, "approve "+b.Name("a"))
	b.Shows("evil", "Held", "evil.yaml:", "spec.envFrom[0].file", outside+"/secret.env", "workspace "+b.Name("a")+" can write that file")
	b.Same("a", before)
	if b.Look("evil") != nil {
		t.Fatal("evil was created")
	}
	for _, verb := range [][]string{{"validate"}, {"diff"}, {"describe", b.Name("a")}, {"apply"}} {
		if r := b.Do(verb...); !strings.Contains(r.Stdout+r.Stderr, "dual-reconciler approve "+b.Name("a")) {
			t.Errorf("%v does not say it: %+v", verb, r)
		}
	}
	loop.Stop()
	b.Apply(1)
	b.Same("a", before)

	// Approved are the paths as they are, offline here; a later one waits again.
	if r := b.Do("approve", b.Name("a")); r.Code != 0 || !strings.Contains(r.Stdout, outside) {
		t.Fatalf("approve: %+v", r)
	}
	if r := b.Do("approve", b.Name("a")); r.Code == 0 {
		t.Errorf("approve of nothing: %+v", r)
	}
	b.Run()
	now := b.Replaced("a", before)
	b.Shows("a", "Running")
	b.Shows("evil", "Held")
	inside("a.yaml", manifest(bind(other), bind(outside), bind("/etc")))
	b.Shows("a", "Held", "/etc")
	b.Same("a", now)
	if r := b.Do("approve", b.Name("evil")); r.Code != 0 || !strings.Contains(r.Stdout, "secret.env (read-only)") {
		t.Errorf("approve: %+v", r)
	}
	b.Running("evil")
	// In its own tree it adds what it wants.
	inside("a.yaml", manifest(bind(other), bind("../data")))
	b.Replaced("a", now)
	b.Shows("a", "Running")
}
