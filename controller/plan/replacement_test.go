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
		// to the new spec, back to the old one, to a third.
		on, back, other string
	}{
		{"old running, next created", []engine.Container{
			box("o", final, engine.StateRunning, was), box("n", next, engine.StateCreated, will),
		}, `
tidy web: a replacement was interrupted
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: remove dual-web
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  remove dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:20 → node:24
  remove dual-web.next
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:20 → node:24
`},
		{"old exited, next created", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateCreated, will),
		}, `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: remove dual-web
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  remove dual-web.next
  start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:20 → node:24
  remove dual-web.next
  create dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:20 → node:24
`},
		{"old exited, next running", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateRunning, will),
		}, `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web.next within 10s
  start dual-web
  see that dual-web stays up
  remove dual-web.next
  on failure: stop dual-web within 0s
  on failure: start dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:22 → node:24
  remove dual-web
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
`},
		{"old exited, next found no command", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateExited, will, endedAtOnce(127)),
		}, `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: remove dual-web
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  start dual-web
  see that dual-web stays up
  remove dual-web.next
  on failure: stop dual-web within 0s
  on failure: start dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:20 → node:24
  remove dual-web.next
  create dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:20 → node:24
`},
		{"old aside, the new one found no command", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateExited, will, endedAtOnce(127)),
		}, `
tidy web: a replacement was interrupted
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: remove dual-web
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.next
  rename dual-web.old to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.next
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.old
  on failure: rename dual-web.next to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:20 → node:24
  remove dual-web
  create dual-web.next
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: start dual-web.old
  on failure: remove dual-web.next
=> Replacing: spec.image node:20 → node:24
`},
		{"old aside, next running", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", next, engine.StateRunning, will),
		}, `
tidy web: a replacement was interrupted
  remove dual-web.old
  rename dual-web.next to dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web.next within 10s
  rename dual-web.old to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.next
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.old
  on failure: start dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:22 → node:24
  remove dual-web.old
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
`},
		{"old aside, new in place", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateRunning, will),
		}, `
tidy web: a replacement was interrupted
  remove dual-web.old
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web within 10s
  rename dual-web to dual-web.next
  rename dual-web.old to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.next
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.old
  on failure: rename dual-web.next to dual-web
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:22 → node:24
  remove dual-web.old
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
`},
		{"old gone, next running", []engine.Container{
			box("n", next, engine.StateRunning, will),
		}, `
rename web: the container was renamed to dual-web.next
  rename dual-web.next to dual-web
=> Updating: rename: the container was renamed to dual-web.next
`, `
recreate web: spec.image node:22 → node:20
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:20
`, `
recreate web: spec.image node:22 → node:24
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  see that dual-web stays up
  remove dual-web.old
  on failure: stop dual-web within 0s
  on failure: rename dual-web to dual-web.next
  on failure: rename dual-web.old to dual-web
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
`},
		{"three of them", []engine.Container{
			box("o", old, engine.StateExited, was), box("n", final, engine.StateRunning, will), box("t", next, engine.StateCreated, third),
		}, `
tidy web: a replacement was interrupted
  remove dual-web.old
  remove dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web within 10s
  remove dual-web.next
  rename dual-web to dual-web.next
  rename dual-web.old to dual-web
  start dual-web
  remove dual-web.next
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web within 10s
  remove dual-web.old
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  start dual-web
  remove dual-web.old
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`},
	}
	for _, s := range states {
		check(t, s.name+": on", input(&plan.Desired{Spec: will, Source: "web.yaml"}, having(s.containers...)), s.on)
		check(t, s.name+": back", input(&plan.Desired{Spec: was, Source: "web.yaml"}, having(s.containers...)), s.back)
		check(t, s.name+": third", input(&plan.Desired{Spec: third, Source: "web.yaml"}, having(s.containers...)), s.other)
	}
}
