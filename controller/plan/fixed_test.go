package plan_test

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func fixedLimits(in *plan.Input) { in.FixedLimits = true }

// TestFixedLimits: what an engine cannot change in place is a replacement that says why, and no update that fails.
func TestFixedLimits(t *testing.T) {
	inForce := inspected(engine.Limits{CPU: 1e9})
	golden(t, "changed", input(want(cpu("2")), fixedLimits, having(running(specOf(cpu("1")), inForce))))
	check(t, "unchanged", input(want(cpu("1")), fixedLimits, having(running(specOf(cpu("1")), inForce))), `
=> ready Running: container dual-web runs
`)
	byHand := func(c *engine.Container) { c.Details = &engine.Details{EngineRestarts: true} }
	check(t, "what no update can cure", input(want(), fixedLimits, having(running(specOf(), byHand))), `
=> ready Running: container dual-web runs
`)
}
