package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOneControllerAnInstance(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	first := b.Run()
	before := b.Running("a")
	r := b.Do("run")
	if r.Code != 1 {
		t.Errorf("a second controller: exit code %d", r.Code)
	}
	b.wantWords("a second controller", r.Stderr, b.Instance, fmt.Sprintf("PID %d", first.cmd.Process.Pid))
	if lines := strings.Count(r.Stderr, "\n"); lines != 1 {
		t.Errorf("the refusal has %d lines:\n%s", lines, r.Stderr)
	}
	first.Kill()
	second := b.Run()
	second.WaitLog("engine connected")
	if wrong := b.unchanged("a", before); wrong != "" {
		t.Errorf("after the first controller was killed: %s", wrong)
	}
	second.Stop()
}

func TestInstancesSideBySide(t *testing.T) {
	b, other := newBench(t), anotherBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	other.Write("z.yaml", other.sleeper("z"))
	b.Run("--prune-delay", "100ms")
	other.Run("--prune-delay", "100ms", "--takeover")
	a, z := b.Running("a"), other.Running("z")
	b.Delete("a.yaml")
	b.Gone("a")
	b.Always("the other instance is left alone", time.Second, func() string { return other.unchanged("z", z) })
	if r := b.Do("get"); strings.Contains(r.Stdout, other.Name("z")) {
		t.Errorf("get shows the other instance's workspace:\n%s", r.Stdout)
	}
	b.Write("a.yaml", b.sleeper("a"))
	if again := b.Running("a"); again.ID == a.ID {
		t.Error("the removed container is back")
	}
}

func TestAnotherDirectoryDoesNotPrune(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	b.Apply(0)
	a := b.Running("a")

	here := b.Dir
	b.Dir = filepath.Join(b.Root, "elsewhere")
	b.Write("b.yaml", b.sleeper("b"))
	l := b.Run("--prune-delay", "100ms")
	b.Says("a", "Held", here, b.Dir, "--takeover")
	b.Always("a stays", time.Second, func() string { return b.unchanged("a", a) })
	l.Stop()

	b.Run("--prune-delay", "100ms", "--takeover")
	b.Gone("a")
	b.Running("b")
}
