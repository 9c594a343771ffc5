package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostileLabels runs containers whose labels name a workspace that is a path, or a workspace that is not theirs.
func TestHostileLabels(t *testing.T) {
	b := newBench(t)
	victim := filepath.Join(b.Root, "config.json")
	b.file(victim, "precious")
	up, err := filepath.Rel(filepath.Join(b.State, b.Instance, "workspaces"), strings.TrimSuffix(victim, ".json"))
	if err != nil {
		t.Fatal(err)
	}
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("z.yaml", b.sleeper("z"))
	l := b.Run(quick...)
	a := b.Running("a")
	image := "dual-test/" + b.Prefix + "committed:dev"
	b.docker("commit", b.Container("a"), image)
	t.Cleanup(func() {
		b.sweep()
		_, _ = b.tryDocker("rmi", "-f", image)
	})
	for i, workspace := range []string{up, "/etc/passwd", "..", "x\x1b[2J", "Capital"} {
		b.docker("run", "-d", "--name", b.Prefix+"hostile"+string(rune('0'+i)), "--label", "dual.dev/instance="+b.Instance,
			"--label", "dual.dev/workspace="+workspace, "--label", `dual.dev/spec={"image":"busybox"}`,
			"--label", "dual.dev/manifests="+b.Dir, "busybox", "sleep", "1000000")
	}
	b.docker("run", "-d", "--name", b.Prefix+"copy", image)
	b.Delete("a.yaml")
	b.Eventually("a is gone", func() string {
		if b.Look("a") != nil {
			return "it is there"
		}
		return ""
	})
	b.Apply(0)
	if r := b.Do("wait", "--for=condition=Ready", "--all", "--timeout", "2m"); r.Code != 0 {
		t.Errorf("wait --all beside the containers of others: %+v", r)
	}
	for _, args := range [][]string{{"get", "-o", "wide"}, {"events"}, {"diff"}} {
		r := b.Do(args...)
		if strings.Contains(r.Stdout+r.Stderr, "\x1b") || strings.Contains(r.Stdout, "Capital") || strings.Contains(r.Stdout, "passwd") {
			t.Errorf("%v shows containers of others: %q", args, r.Stdout+r.Stderr)
		}
	}
	l.Stop()
	if r := b.Do("get"); strings.Contains(r.Stdout, a.Name) || strings.Contains(r.Stdout, "Capital") {
		t.Errorf("get without a controller: %q", r.Stdout)
	}
	if r := b.Do("down", "--yes"); r.Code != 0 {
		t.Errorf("down: %+v", r)
	}
	if left := b.containers(); len(left) != 6 {
		t.Errorf("after down there are %v, want the six of others", left)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("%s: %q, %v", victim, got, err)
	}
}
