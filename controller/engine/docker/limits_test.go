package docker_test

import (
	"testing"

	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// TestUpdateAfterHands: docker update may have left a quota instead of a number of CPUs, unlimited swap, and a restart
// policy.
func TestUpdateAfterHands(t *testing.T) {
	e, cli := newEngine(t), raw(t)
	id := run(t, e, engine.ContainerSpec{})
	_, err := cli.ContainerUpdate(t.Context(), id, container.UpdateConfig{
		Resources:     container.Resources{CPUQuota: 30_000, CPUPeriod: 100_000, Memory: 64 << 20, MemorySwap: 64 << 20},
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyAlways},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if want := (engine.Limits{CPU: 3e8, Memory: 64 << 20}); c.Details.Limits != want || !c.Details.EngineRestarts {
		t.Errorf("after docker update: %+v, want %+v and a restart policy", *c.Details, want)
	}
	for _, want := range []engine.Limits{{CPU: 5e8, Memory: 128 << 20, PIDs: 30}, {}, {CPU: 2e8}} {
		if err := e.Update(t.Context(), id, want); err != nil {
			t.Fatal(err)
		}
		c, err := e.Inspect(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if c.Details.Limits != want || c.Details.EngineRestarts {
			t.Errorf("observed %+v, want %+v and no restart policy", *c.Details, want)
		}
		if got := enforced(t, e, id); got != want {
			t.Errorf("enforced %+v, want %+v", got, want)
		}
	}
}
