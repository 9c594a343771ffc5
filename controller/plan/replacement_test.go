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
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: remove dual-web.next
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
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:20 → node:24
`},
		{"old exited, next created", []engine.Container{
			box("o", final, engine.StateExited, was), box("n", next, engine.StateCreated, will),
		}, `
tidy web: a replacement was interrupted
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: remove dual-web.next
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  start dual-web
  remove dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:20 → node:24
  remove dual-web.next
  create dual-web.next
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
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
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
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
  start dual-web.old
  remove dual-web.next
  rename dual-web.old to dual-web
  on failure: stop dual-web.old within 0s
  on failure: start dual-web.next
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:22 → node:24
  remove dual-web.old
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
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
  start dual-web.old
  rename dual-web to dual-web.next
  rename dual-web.old to dual-web
  remove dual-web.next
  on failure: stop dual-web.old within 0s
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
recreate web: spec.image node:22 → node:24
  remove dual-web.old
  create dual-web.next
  stop dual-web within 10s
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:24
`},
		{"old gone, next running", []engine.Container{
			box("n", next, engine.StateRunning, will),
		}, `
rename web: the container was renamed to dual-web.next
  rename dual-web.next to dual-web
=> ready Running: container dual-web runs
`, `
recreate web: spec.image node:22 → node:20
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: start dual-web
  on failure: remove dual-web.next
=> Replacing: spec.image node:22 → node:20
`, `
recreate web: spec.image node:22 → node:24
  rename dual-web.next to dual-web
  create dual-web.next
  stop dual-web within 10s
  start dual-web.next
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
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
  start dual-web.old
  remove dual-web.next
  rename dual-web to dual-web.next
  rename dual-web.old to dual-web
  remove dual-web.next
  on failure: stop dual-web.old within 0s
  on failure: start dual-web
=> Replacing: finishing a replacement that was interrupted
`, `
tidy web: a replacement was interrupted
  stop dual-web within 10s
  start dual-web.next
  remove dual-web.old
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
  on failure: stop dual-web.next within 0s
  on failure: remove dual-web.next
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

// What keeps a new container from being made leaves the old one converged on its own record.
func TestTheOldContainerStaysWhileTheNewOneHasToWait(t *testing.T) {
	new := want(image("nod:22"))
	failed := failedBefore(plan.KindRecreate, 4)
	check(t, "pull failed, old runs", input(new, having(running(specOf())), absentImage, failed), `
=> stalled CreateFailed: boom; next try at 12:00:04; the container of before stays: container dual-web runs
   wake in 4s
`)
	check(t, "pull failed, old died", input(new, having(running(specOf(), exited(1))), absentImage, failed), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; the container of before stays: exited with code 1 after 1m0s
   wake in 4s
`)
	check(t, "pull failed, old paused by hand", input(new, having(running(specOf(), state(engine.StatePaused))), absentImage, failed), `
unpause web: the container was paused by hand
  unpause dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; the container of before stays: the container is paused
   wake in 4s
`)
	check(t, "pull failed, old renamed by hand", input(new, having(box("c1", "mine", engine.StateRunning, specOf())), absentImage, failed,
		remembering(func(m *plan.Memory) { m.ContainerID = "c1" })), `
rename web: the container was renamed to mine
  rename mine to dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; the container of before stays: container dual-web runs
   wake in 4s
`)
	missing := want(image("node:22"))
	missing.Missing = []string{"/src/shop"}
	check(t, "SourceNotFound, old runs", input(missing, having(running(specOf()))), `
=> stalled SourceNotFound: waiting for /src/shop to exist on the host; the container of before stays: container dual-web runs
`)
	check(t, "SourceNotFound, old died", input(missing, having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled SourceNotFound: waiting for /src/shop to exist on the host; the container of before stays: exited with code 1 after 1m0s
`)
	gone := want()
	gone.Missing = []string{"/src/shop"}
	check(t, "SourceNotFound, nothing changed", input(gone, having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
}
