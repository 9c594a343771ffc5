package plan_test

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func state(s engine.State) boxEdit { return func(c *engine.Container) { c.State = s } }

func TestDriftHealsByTheSmallestCure(t *testing.T) {
	none := inspected(engine.Limits{})
	check(t, "paused", input(want(), having(running(specOf(), none, state(engine.StatePaused)))), `
unpause web: the container was paused by hand
  unpause dual-web
=> Updating: the container is paused
`)
	check(t, "renamed, remembered", input(want(), having(box("c1", "mine", engine.StateRunning, specOf())),
		remembering(func(m *plan.Memory) { m.ContainerID = "c1" })), `
rename web: the container was renamed to mine
  rename mine to dual-web
=> Updating: rename: the container was renamed to mine
`)
	check(t, "disconnected", input(want(network("lan")), having(running(specOf(network("lan")), func(c *engine.Container) { c.Networks = nil }))), `
connect web: the container was disconnected from network lan
  connect dual-web to network lan
=> Updating: connect: the container was disconnected from network lan
`)
	check(t, "connected to more", input(want(), having(running(specOf(), func(c *engine.Container) { c.Networks["lan"] = "10.0.0.1" }))), `
=> ready Running: container dual-web runs
`)
	check(t, "limits", input(want(cpu("2")), having(running(specOf(cpu("2")), inspected(engine.Limits{CPU: 1e9, PIDs: 5})))), `
update web: the container's resources were changed by hand
  update dual-web: cpu 2, memory no limit, pids no limit
=> Updating: update: the container's resources were changed by hand
`)
	byHand := func(c *engine.Container) { c.Details = &engine.Details{EngineRestarts: true} }
	check(t, "the engine's restart policy", input(want(), having(running(specOf(), byHand))), `
update web: the container's resources were changed by hand
  update dual-web: cpu no limit, memory no limit, pids no limit
=> Updating: update: the container's resources were changed by hand
`)
	check(t, "the engine restarts it", input(want(), having(running(specOf(), byHand, state(engine.StateRestarting)))), `
update web: the container's resources were changed by hand
  update dual-web: cpu no limit, memory no limit, pids no limit
=> Updating: update: the container's resources were changed by hand
`)
	golden(t, "several at once", input(want(cpu("2"), network("lan")),
		having(box("c1", "mine", engine.StatePaused, specOf(cpu("2"), network("lan")), none, func(c *engine.Container) { c.Networks = nil })),
		remembering(func(m *plan.Memory) { m.ContainerID = "c1" })))
}

// Trap 17: a dead container can only be removed, and one that is being removed is not there.
func TestTrap17DeadContainers(t *testing.T) {
	dead := box("c0", final, engine.StateDead, specOf())
	golden(t, "alone", input(want(), having(dead)))
	golden(t, "of another spec", input(want(image("node:22")), having(dead)))
	check(t, "beside the one in force", input(want(), having(running(specOf()), box("c0", old, engine.StateDead, specOf()))), `
tidy web: a replacement was interrupted
  remove dual-web.old
=> Replacing: finishing a replacement that was interrupted
`)
	check(t, "holding the name of the new one", input(want(), having(box("c1", next, engine.StateRunning, specOf()), dead)), `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
=> Replacing: finishing a replacement that was interrupted
`)
	golden(t, "created, holding the name", input(want(image("node:22")), having(box("c1", final, engine.StateCreated, specOf()))))
}

// Trap 18: what is being removed is gone; the engine waits for its name.
func TestTrap18RemovalInProgress(t *testing.T) {
	check(t, "being removed", input(want(), having(running(specOf(), state(engine.StateRemoving)))), `
create web: no container
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "being removed, not wanted", input(nil, gone(time.Hour), having(running(specOf(), state(engine.StateRemoving)))), `
=> Removing: no manifest asks for it, and the engine is removing its container
`)
}

// Trap 11: docker commit copies labels into an image, and every container of it carries them.
func TestTrap11CopiedLabelsDoNotMakeItOurs(t *testing.T) {
	copied := box("x1", "debugging", engine.StateRunning, specOf())
	check(t, "beside ours", input(want(), having(running(specOf()), copied)), `
=> ready Running: container dual-web runs
`)
	check(t, "alone", input(want(), having(copied)), `
create web: no container
  create dual-web
  start dual-web
=> Pending: waiting to be created
`)
	check(t, "not wanted", input(nil, gone(time.Hour), having(copied)), `
=> : 
`)
	otherWorkspace := running(specOf())
	otherWorkspace.Labels[v1alpha1.LabelWorkspace] = "other"
	check(t, "another workspace's", input(nil, gone(time.Hour), having(otherWorkspace)), `
=> : 
`)
	otherInstance := running(specOf())
	otherInstance.Labels[v1alpha1.LabelInstance] = "other"
	check(t, "another instance's", input(nil, gone(time.Hour), having(otherInstance)), `
=> : 
`)
	noRecord := running(specOf())
	noRecord.Labels[v1alpha1.LabelSpec] = "{"
	check(t, "without a record that can be read", input(nil, gone(time.Hour), having(noRecord)), `
=> : 
`)
}

func TestPausedWorkspaceIsLeftAlone(t *testing.T) {
	paused := func(edits ...specEdit) *plan.Desired {
		d := want(edits...)
		d.Paused = true
		return d
	}
	check(t, "running", input(paused(), having(running(specOf()))), `
=> ready Paused: paused by the annotation dual.dev/reconcile
`)
	check(t, "exited", input(paused(), having(running(specOf(), exited(1)))), `
=> Paused: paused by the annotation dual.dev/reconcile; what is due: start (exited with code 1 after 1m0s)
`)
	check(t, "changed", input(paused(image("node:22")), having(running(specOf()))), `
=> Paused: paused by the annotation dual.dev/reconcile; what is due: recreate (spec.image node:20 → node:22)
`)
}

// A container that was run by hand with our name and labels is not what its record says; its volumes stay.
func TestOtherVolumesRecreate(t *testing.T) {
	spec := specOf(volume("data", "/srv//data"))
	inForce := inspected(engine.Limits{})
	check(t, "as recorded", input(want(volume("data", "/srv/data")), having(running(spec, inForce))), `
=> ready Running: container dual-web runs
`)
	golden(t, "one more", input(want(volume("data", "/srv/data")), having(running(spec, inForce, mounted("extra", "/extra")))))
	without := func(c *engine.Container) { c.Volumes = nil }
	golden(t, "one less", input(want(volume("data", "/srv/data")), having(running(spec, inForce, without))))
	check(t, "held", input(nil, gone(0), held, having(running(spec, inForce, mounted("extra", "/extra")))), `
=> stalled Held: not removed yet: a rebase is under way (container dual-web runs)
`)
}
