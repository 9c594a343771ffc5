package e2e

import (
	"strings"
	"testing"
	"time"
)

// foreign makes a container by hand, and removes it at the end of the test.
func (b *bench) foreign(args ...string) *inspected {
	b.Helper()
	id := b.docker(append([]string{"run", "-d"}, args...)...)
	b.Cleanup(func() { _, _ = b.tryDocker("rm", "-fv", id) })
	return b.look(id)
}

func TestForeignContainerHoldsName(t *testing.T) {
	b := newBench(t)
	foreign := b.foreign("--name", b.Container("a"), "--init", "busybox", "sleep", "1000000")
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	r := b.Apply(1)
	b.wantWords("apply", r.Stdout+r.Stderr, b.Name("a"), "NameConflict")
	b.Says("a", "NameConflict", b.Container("a"), foreign.ID[:12])
	b.Run()
	b.Running("b")
	b.Says("a", "NameConflict", b.Container("a"))
	if wrong := b.unchanged("a", foreign); wrong != "" {
		t.Fatalf("the foreign container: %s", wrong)
	}
	b.Delete("a.yaml")
	b.Always("the foreign container outlives the manifest", 3*time.Second, func() string { return b.unchanged("a", foreign) })
	b.Write("a.yaml", b.sleeper("a"))
	b.docker("rm", "-f", foreign.ID)
	if now := b.Running("a"); now.Config.Labels["dual.dev/instance"] != b.Instance {
		t.Errorf("labels %v", now.Config.Labels)
	}
	b.Says("a", "Running")
}

// TestCommittedWorkspace: docker commit copies our labels into the image, and every container of that image has them.
func TestCommittedWorkspace(t *testing.T) {
	b := newBench(t)
	image := "dual-e2e-commit:" + b.Instance
	b.Write("a.yaml", b.sleeper("a"))
	l := b.Run("--prune-delay", "200ms")
	b.Running("a")
	b.Says("a", "Running")
	b.docker("commit", b.Container("a"), image)
	t.Cleanup(func() { _, _ = b.tryDocker("rmi", "-f", image) })
	copied := b.foreign("--init", image)
	if copied.Config.Labels["dual.dev/workspace"] != b.Name("a") {
		t.Fatalf("the copy has labels %v: the test does not test anything", copied.Config.Labels)
	}
	copyName := strings.TrimPrefix(copied.Name, "/")
	untouched := func() string {
		now := b.look(copied.ID)
		switch {
		case now == nil:
			return "the copy is gone"
		case now.Name != copied.Name || now.State.StartedAt != copied.State.StartedAt || !now.State.Running:
			return "the copy " + copyName + " was changed: " + now.Name + " " + now.State.Status
		}
		return ""
	}
	before := b.Running("a")
	b.Write("a.yaml", b.sleeper("a", `env: [{name: V, value: "2"}]`))
	b.Eventually("a is replaced", func() string {
		if now := b.Look("a"); now == nil || now.ID == before.ID || !now.State.Running {
			return "not yet"
		}
		return untouched()
	})
	b.Delete("a.yaml")
	b.Eventually("a is removed", func() string {
		if b.Look("a") != nil {
			return "it is there"
		}
		return untouched()
	})
	l.Stop()
	if r := b.Do("down", "--yes"); r.Code != 0 {
		t.Errorf("down: %+v", r)
	}
	if wrong := untouched(); wrong != "" {
		t.Error(wrong)
	}
}
