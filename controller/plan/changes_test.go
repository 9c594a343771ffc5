package plan_test

import (
	"maps"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

func TestNothingToDo(t *testing.T) {
	check(t, "running", input(want(), having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
	check(t, "stopped", input(want(stopped), having(running(specOf(stopped), exited(143)))), `
=> ready Stopped: stopped, as spec.state asks
`)
	check(t, "created, state Stopped", input(want(stopped), having(box("c1", final, engine.StateCreated, specOf(stopped)))), `
=> ready Stopped: stopped, as spec.state asks
`)
}

// Trap 12: neither a spelt-out default nor another order is a change.
func TestTrap12AnotherFormOfTheSameSpecIsNoChange(t *testing.T) {
	spelt := specOf(env("B", "2"), env("A", "1"), func(s *v1alpha1.WorkspaceSpec) {
		v1alpha1.SetDefaults(s, workspace)
		s.Image = "docker.io/library/node:20"
	})
	check(t, "defaults spelt out in the manifest", input(&plan.Desired{Spec: spelt}, having(running(specOf(env("A", "1"), env("B", "2"))))), `
=> ready Running: container dual-web runs
`)
	check(t, "defaults spelt out in the record", input(want(env("A", "1"), env("B", "2")), having(running(spelt))), `
=> ready Running: container dual-web runs
`)
	newer := func(c *engine.Container) {
		c.Labels = maps.Clone(c.Labels)
		c.Labels[v1alpha1.LabelSpec] = `{ "fieldOfANewerVersion": 1, "image": "node:20" }`
	}
	check(t, "a record with unknown fields", input(want(), having(running(specOf(), newer))), `
=> ready Running: container dual-web runs
`)
}

// An upgrade recreates nothing: the container's label and the memory are in the words of an earlier release.
func TestTrap12RecordsOfEarlierReleases(t *testing.T) {
	pids := int64(4000)
	now := func(s *v1alpha1.WorkspaceSpec) {
		s.Resources.Limits.PIDs = &pids
		s.SecurityContext = v1alpha1.SecurityContext{User: "1000:1000", AllowPrivilegeEscalation: ptr.To(false)}
	}
	for _, quantity := range []string{`"4k"`, `"4000"`, `4000`} {
		record := `{"image":"node:20","resources":{"limits":{"pids":` + quantity + `}},` +
			`"securityContext":{"noNewPrivileges":true,"runAsUser":"1000:1000"}}`
		inForce := func(c *engine.Container) { c.Labels[v1alpha1.LabelSpec] = record }
		seen := inspected(engine.Limits{PIDs: 4000})
		check(t, "label with pids "+quantity, input(want(now), having(running(specOf(now), inForce, seen))), `
=> ready Running: container dual-web runs
`)
		in := input(want(now), having(running(specOf(), seen)))
		in.Memory.ContainerID, in.Memory.Applied = "c1", record
		check(t, "memory with pids "+quantity, in, `
=> ready Running: container dual-web runs
`)
	}
}

// Trap 9: the file is not part of the spec.
func TestTrap9AMovedManifestIsNoChange(t *testing.T) {
	d := want()
	d.Source = "team/renamed.yaml"
	check(t, "moved", input(d, having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
}

func TestChangesRecreate(t *testing.T) {
	golden(t, "image", input(want(image("node:22")), having(running(specOf()))))
	golden(t, "image to pull", input(want(image("node:22")), having(running(specOf())), absentImage))
	golden(t, "env, with a secret", input(want(env("A", "2"), env("API_TOKEN", "new")), having(running(specOf(env("A", "1"), env("API_TOKEN", "old"))))))
	d := want()
	d.EnvFromHash = "sha256:2"
	golden(t, "env file", input(d, having(running(specOf()))))
	golden(t, "setup", input(want(setup("make")), having(running(specOf()))))
	golden(t, "together with limits and state", input(want(image("node:22"), cpu("2"), stopped), having(running(specOf()))))
	golden(t, "of a paused container", input(want(image("node:22")), having(running(specOf(grace(3)), func(c *engine.Container) { c.State = engine.StatePaused }))))
	golden(t, "of an exited container", input(want(image("node:22")), having(running(specOf(), exited(1)))))
	golden(t, "of a stopped workspace", input(want(image("node:22"), stopped), having(running(specOf(stopped), exited(143)))))
	golden(t, "pulled anew, PullAlways", input(want(image("node:22"), pullPolicy(v1alpha1.PullAlways)), having(running(specOf()))))
}

func TestChangesInPlace(t *testing.T) {
	none := inspected(engine.Limits{})
	check(t, "limits", input(want(cpu("1500m"), memory("1Gi")), having(running(specOf(), none))), `
update web: spec.resources.limits.cpu (unset) → 1500m, spec.resources.limits.memory (unset) → 1Gi
  update dual-web: cpu 1.5, memory 1073741824, pids no limit
=> Updating: update: spec.resources.limits.cpu (unset) → 1500m, spec.resources.limits.memory (unset) → 1Gi
`)
	check(t, "limits of a stopped container", input(want(cpu("2"), stopped), having(running(specOf(stopped), exited(143)))), `
update web: spec.resources.limits.cpu (unset) → 2
  update dual-web: cpu 2, memory no limit, pids no limit
=> Updating: update: spec.resources.limits.cpu (unset) → 2
`)
	check(t, "as many CPUs as the engine has", input(want(cpu("4")), having(running(specOf(), none))), `
record web: spec.resources.limits.cpu (unset) → 4
=> ready Running: container dual-web runs
`)
	check(t, "backing off", input(want(cpu("2")), having(running(specOf(), none)), failedBefore(plan.KindUpdate, 4)), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
}

// Trap 13: a label cannot follow a change in place, and a limit that is removed is a change.
func TestTrap13LabelsAreStaleAfterAnInPlaceUpdate(t *testing.T) {
	two, err := specdiff.LastApplied{WorkspaceSpec: specOf(cpu("2"))}.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	updated := remembering(func(m *plan.Memory) { m.ContainerID, m.Applied = "c1", two })
	check(t, "the memory is newer than the label", input(want(cpu("2")), having(running(specOf(cpu("1")))), updated), `
=> ready Running: container dual-web runs
`)
	check(t, "back to the label's", input(want(cpu("1")), having(running(specOf(cpu("1")), inspected(engine.Limits{CPU: 2e9}))), updated), `
update web: spec.resources.limits.cpu 2 → 1
  update dual-web: cpu 1, memory no limit, pids no limit
=> Updating: update: spec.resources.limits.cpu 2 → 1
`)
	check(t, "memory lost, the limits are as desired", input(want(cpu("2")), having(running(specOf(cpu("1")), inspected(engine.Limits{CPU: 2e9})))), `
record web: spec.resources.limits.cpu 1 → 2
=> ready Running: container dual-web runs
`)
	check(t, "memory lost, back to the label's", input(want(cpu("1")), having(running(specOf(cpu("1")), inspected(engine.Limits{CPU: 2e9})))), `
update web: the container's resources were changed by hand
  update dual-web: cpu 1, memory no limit, pids no limit
=> Updating: update: the container's resources were changed by hand
`)
	check(t, "a limit removed", input(want(), having(running(specOf(cpu("1"), memory("1Gi")), inspected(engine.Limits{CPU: 1e9, Memory: 1 << 30})))), `
update web: spec.resources.limits.cpu 1 → (unset), spec.resources.limits.memory 1Gi → (unset)
  update dual-web: cpu no limit, memory no limit, pids no limit
=> Updating: update: spec.resources.limits.cpu 1 → (unset), spec.resources.limits.memory 1Gi → (unset)
`)
	check(t, "the memory is about another container", input(want(cpu("2")),
		having(running(specOf(cpu("1")), inspected(engine.Limits{CPU: 1e9}))),
		remembering(func(m *plan.Memory) { m.ContainerID, m.Applied = "c0", two })), `
update web: spec.resources.limits.cpu 1 → 2
  update dual-web: cpu 2, memory no limit, pids no limit
=> Updating: update: spec.resources.limits.cpu 1 → 2
`)
}

func TestChangesOfTheController(t *testing.T) {
	check(t, "restartPolicy and grace", input(want(restartPolicy(v1alpha1.RestartNever), grace(30)), having(running(specOf()))), `
record web: spec.restartPolicy Always → Never, spec.terminationGracePeriodSeconds 10 → 30
=> ready Running: container dual-web runs
`)
	check(t, "probe", input(want(probe("true")), having(running(specOf()))), `
record web: spec.livenessProbe (unset) → ***
=> ready Running: container dual-web runs
`)
	check(t, "reclaim policy", input(want(reclaim), having(running(specOf()))), `
record web: spec.volumeReclaimPolicy Retain → Delete
=> ready Running: container dual-web runs
`)
	check(t, "together with a limit", input(want(cpu("2"), grace(30)), having(running(specOf(), inspected(engine.Limits{})))), `
update web: spec.resources.limits.cpu (unset) → 2
  update dual-web: cpu 2, memory no limit, pids no limit
=> Updating: update: spec.resources.limits.cpu (unset) → 2
`)
	recorded := want(reclaim)
	recorded.FromRecord = true
	check(t, "never from a record", input(recorded, having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
}

func TestChangesOfState(t *testing.T) {
	check(t, "Running to Stopped", input(want(stopped, grace(3)), having(running(specOf(grace(3))))), `
stop web: spec.state Running → Stopped
  stop dual-web within 3s
=> Stopping: stopping, as spec.state asks
`)
	check(t, "Stopped to Running", input(want(), having(running(specOf(stopped), exited(143)))), `
start web: spec.state Stopped → Running
  start dual-web
=> Starting: spec.state Stopped → Running
`)
	check(t, "Stopped to Running, created, with setup", input(want(setup("make")), having(box("c1", final, engine.StateCreated, specOf(stopped, setup("make"))))), `
start web: the container was created but never started
  start dual-web
setup web: new container
  setup in dual-web
=> Starting: created, not started yet
`)
	check(t, "Stopped to Running, by hand before", input(want(), having(running(specOf(stopped)))), `
record web: spec.state Stopped → Running
=> ready Running: container dual-web runs
`)
	check(t, "Running to Stopped, by hand before", input(want(stopped), having(running(specOf(), exited(143)))), `
record web: spec.state Running → Stopped
=> ready Stopped: stopped, as spec.state asks
`)
	check(t, "Stopped, started by hand", input(want(stopped), having(running(specOf(stopped)))), `
stop web: it runs although spec.state is Stopped
  stop dual-web within 10s
=> Stopping: stopping, as spec.state asks
`)
	check(t, "Stopped, paused by hand", input(want(stopped), having(running(specOf(stopped), func(c *engine.Container) { c.State = engine.StatePaused }))), `
stop web: it runs although spec.state is Stopped
  unpause dual-web
  stop dual-web within 10s
=> Stopping: stopping, as spec.state asks
`)
	check(t, "Stopped to Running ignores the crash backoff", input(want(), having(running(specOf(stopped), exited(1))), crashes(5)), `
start web: spec.state Stopped → Running
  start dual-web
=> Starting: spec.state Stopped → Running
`)
}

func TestInitIsPartOfTheSpec(t *testing.T) {
	golden(t, "init off", input(want(func(s *v1alpha1.WorkspaceSpec) { s.Init = ptr.To(false) }), having(running(specOf()))))
}
