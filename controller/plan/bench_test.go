package plan_test

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// BenchmarkReconcile is what one reconcile asks of the planner.
func BenchmarkReconcile(b *testing.B) {
	edits := []specEdit{image("node:20"), command("pnpm", "dev"), env("A", "1"), cpu("2"), memory("4Gi"), volume("modules", "/m")}
	converged := running(specOf(edits...))
	for name, in := range map[string]plan.Input{
		"converged": input(want(edits...), having(converged), remembering(func(m *plan.Memory) { m.ContainerID, m.LimitsOf = "c1", "c1" })),
		"replaced":  input(want(append(edits, env("B", "2"))...), having(converged, box("c2", next, engine.StateCreated, specOf()))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				reconcileOnce(in)
			}
		})
	}
}

// reconcileOnce calls the planner as a reconcile of the controller does.
func reconcileOnce(in plan.Input) plan.Plan {
	plan.NeedsOf(in) // The binds and the containers to inspect.
	in.Memory = plan.Remember(in)
	plan.NeedsOf(in) // The image and the volumes.
	p := plan.Make(in)
	in.Memory = plan.Remember(in).Planned(p)
	return p
}
