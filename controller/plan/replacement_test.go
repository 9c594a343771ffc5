package plan_test

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Trap 14: whatever a crash leaves behind is finished, or given up for what is wanted now.
func TestTrap14IntermediateStatesOfAReplacement(t *testing.T) {
	was, will, third := specOf(), specOf(image("node:22")), specOf(image("node:24"))
	states := []struct {
		name       string
		containers []engine.Container
	}{
		{"old running, next created", []engine.Container{
			box("o", final, engine.StateRunning, was), box("n", next, engine.StateCreated, will),
		}},
		{"old exited, next created", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateCreated, will),
		}},
		{"old exited, next running", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateRunning, will),
		}},
		{"old exited, next found no command", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateExited, will, endedAtOnce(127)),
		}},
		{"old aside, the new one found no command", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateExited, will, endedAtOnce(127)),
		}},
		{"old aside, next running", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", next, engine.StateRunning, will),
		}},
		{"old aside, new in place", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateRunning, will),
		}},
		{"old gone, next running", []engine.Container{
			box("n", next, engine.StateRunning, will),
		}},
		{"three of them", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateRunning, will), box("t", next, engine.StateCreated, third),
		}},
	}
	for _, s := range states {
		golden(t, s.name+": on", input(&plan.Desired{Spec: will, Source: "web.yaml"}, having(s.containers...)))
		golden(t, s.name+": back", input(&plan.Desired{Spec: was, Source: "web.yaml"}, having(s.containers...)))
		golden(t, s.name+": third", input(&plan.Desired{Spec: third, Source: "web.yaml"}, having(s.containers...)))
	}
}
