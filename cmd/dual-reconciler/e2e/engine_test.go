package e2e

import (
	"testing"
	"time"
)

func TestEngineAway(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	for _, short := range []string{"same", "edited", "deleted", "killed"} {
		b.Write(short+".yaml", b.sleeper(short))
	}
	l := b.Run("--prune-delay", "200ms")
	same, edited, deleted, killed := b.Running("same"), b.Running("edited"), b.Running("deleted"), b.Running("killed")
	b.Says("killed", "Running")

	p.Down()
	l.WaitLog("waiting for the engine")
	b.Write("edited.yaml", b.sleeper("edited", `env: [{name: V, value: "2"}]`))
	b.Delete("deleted.yaml")
	b.Write("added.yaml", b.sleeper("added"))
	b.docker("kill", killed.ID)
	b.Always("nothing changes while the engine is away", time.Second, func() string {
		for short, before := range map[string]*inspected{"same": same, "edited": edited, "deleted": deleted} {
			if wrong := b.unchanged(short, before); wrong != "" {
				return short + ": " + wrong
			}
		}
		return ""
	})
	select {
	case <-l.done:
		t.Fatal("the controller ended with the engine")
	default:
	}

	p.Up()
	b.Running("added")
	b.Gone("deleted")
	if now := b.Running("killed"); now.ID != killed.ID {
		t.Error("the killed container was recreated, not started")
	}
	b.Eventually("the edit is carried out", func() string {
		if now := b.Look("edited"); now == nil || now.ID == edited.ID || !now.State.Running {
			return "not yet"
		}
		return ""
	})
	if wrong := b.unchanged("same", same); wrong != "" {
		t.Errorf("the workspace that nobody touched: %s", wrong)
	}
}
