package plan_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

func known(m *plan.Memory) { m.ContainerID, m.LimitsOf = "c1", "c1" }

func TestNeedsInspect(t *testing.T) {
	lacking := func(c *engine.Container) { c.Details = nil }
	paused := want()
	paused.Paused = true
	for _, c := range []struct {
		name string
		in   plan.Input
		ids  []string
	}{
		{"converged", input(want(), having(running(specOf())), remembering(known)), nil},
		{"converged, stopped", input(want(stopped), having(running(specOf(stopped), exited(0), lacking)), remembering(known)), nil},
		{"to be recreated", input(want(image("node:22")), having(running(specOf())), remembering(known)), nil},
		{"first sight", input(want(), having(running(specOf()))), []string{"c1"}},
		{"limits were astray", input(want(), having(running(specOf())), remembering(func(m *plan.Memory) { m.ContainerID = "c1" })), []string{"c1"}},
		{"limits change", input(want(cpu("2")), having(running(specOf())), remembering(known)), []string{"c1"}},
		{"exited", input(want(), having(running(specOf(), exited(0), lacking)), remembering(known)), []string{"c1"}},
		{"paused by hand", input(want(), having(running(specOf(), state(engine.StatePaused))), remembering(known)), []string{"c1"}},
		{"two", input(want(), having(running(specOf()), box("c0", old, engine.StateExited, specOf())), remembering(known)), []string{"c1", "c0"}},
		{"inspected", input(want(), having(running(specOf(), exited(0)))), nil},
		{"paused workspace", input(paused, having(running(specOf(), exited(0), lacking))), nil},
		{"removal", input(nil, gone(time.Hour), having(running(specOf()))), nil},
		{"held", input(nil, held, having(running(specOf(), exited(0), lacking)), remembering(known)), []string{"c1"}},
	} {
		if got := plan.NeedsOf(c.in).Inspect; !slices.Equal(got, c.ids) {
			t.Errorf("%s: needs to inspect %v, want %v", c.name, got, c.ids)
		}
	}
}

func TestNeedsImageAndVolumes(t *testing.T) {
	recorded := want(image("node:22"))
	recorded.FromRecord = true
	for _, c := range []struct {
		name          string
		in            plan.Input
		image, volume bool
	}{
		{"converged", input(want(), having(running(specOf()))), false, false},
		{"no container", input(want()), true, false},
		{"to be recreated", input(want(image("node:22")), having(running(specOf()))), true, false},
		{"from a record", input(recorded), false, false},
		{"removal", input(nil, gone(time.Hour), having(running(specOf()))), false, true},
		{"removal, nothing there", input(nil, gone(time.Hour)), false, false},
		{"held", input(nil, held, having(running(specOf()))), false, false},
	} {
		if n := plan.NeedsOf(c.in); n.Image != c.image || n.Volumes != c.volume {
			t.Errorf("%s: needs %+v", c.name, n)
		}
	}
}

// A limit that could not be set is not recorded as if it had been, whatever else succeeds meanwhile.
func TestAStartDoesNotRecordLimitsThatCouldNotBeSet(t *testing.T) {
	for _, d := range []*plan.Desired{want(cpu("2"), restartPolicy(v1alpha1.RestartOnFailure)), want(cpu("2"), stopped)} {
		c := running(specOf(), exited(1))
		if d.Spec.State == v1alpha1.StateStopped {
			c = running(specOf(), inspected(engine.Limits{}))
		}
		p := plan.Make(input(d, having(c), failedBefore(plan.KindUpdate, 4)))
		if len(p.Actions) != 1 {
			t.Fatalf("plan %s", p)
		}
		applied, err := specdiff.Parse(p.Actions[0].Applied)
		if err != nil {
			t.Fatal(err)
		}
		if applied.Resources.Limits.CPU != nil || applied.State != d.Spec.State || applied.RestartPolicy != d.Spec.RestartPolicy {
			t.Errorf("%s records %s", p, p.Actions[0].Applied)
		}
	}
}

// What a list does not show is remembered until it is cured.
func TestRememberLimits(t *testing.T) {
	limits := func(l engine.Limits, restarts bool) plan.Memory {
		c := running(specOf(cpu("2")), inspected(l))
		c.Details.EngineRestarts = restarts
		return plan.Remember(input(want(cpu("2")), having(c), remembering(known)))
	}
	if m := limits(engine.Limits{CPU: 2e9}, false); m.LimitsOf != "c1" {
		t.Errorf("as recorded: %+v", m)
	}
	if m := limits(engine.Limits{CPU: 1e9}, false); m.LimitsOf != "" {
		t.Errorf("changed by hand: %+v", m)
	}
	if m := limits(engine.Limits{CPU: 2e9}, true); m.LimitsOf != "" {
		t.Errorf("restarted by the engine: %+v", m)
	}
	if m := plan.Remember(input(want(cpu("2")), having(running(specOf(cpu("2")))), remembering(known))); m.LimitsOf != "c1" {
		t.Errorf("not inspected: %+v", m)
	}
}

func TestRememberExits(t *testing.T) {
	in := input(want(), having(running(specOf(), exited(1))))
	m := plan.Remember(in)
	if m.Exit.ContainerID != "c1" || !m.Exit.SeenAt.Equal(now) || m.Exit.Ran != time.Minute {
		t.Errorf("exit %+v", m.Exit)
	}
	in.Memory, in.Now = m, now.Add(time.Minute)
	if again := plan.Remember(in); !again.Exit.SeenAt.Equal(now) {
		t.Errorf("the same exit was seen twice: %+v", again.Exit)
	}
	in.Containers = []engine.Container{box("c2", final, engine.StateRunning, specOf())}
	in.Memory.Applied, in.Memory.Unhealthy = "{}", &plan.Unhealthy{ContainerID: "c1"}
	if m = plan.Remember(in); m.ContainerID != "c2" || m.Applied != "" || m.Unhealthy != nil {
		t.Errorf("memory of another container: %+v", m)
	}
}

// Two containers of a workspace never run at a time: the new one is not started beside the one that was brought back.
func TestAFailedRepairStartsNothingBesideTheOldOne(t *testing.T) {
	check(t, "target exited, the other one runs", input(want(), failedBefore(plan.KindTidy, 4), having(
		box("o", final, engine.StateExited, specOf()), box("n", next, engine.StateRunning, specOf(image("node:22"))))), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
	check(t, "target runs", input(want(), failedBefore(plan.KindTidy, 4), having(
		box("o", final, engine.StateRunning, specOf()), box("n", next, engine.StateCreated, specOf(image("node:22"))))), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
	check(t, "none runs", input(want(), failedBefore(plan.KindTidy, 4), having(
		box("o", final, engine.StateExited, specOf()), box("n", next, engine.StateExited, specOf(image("node:22"))))), `
start web: the container exited
  start dual-web
=> Starting: the container exited
   wake in 4s
`)
}

func TestFailures(t *testing.T) {
	boom := errors.New("boom")
	remove := plan.Step{Op: plan.OpRemove}
	for _, c := range []struct {
		action plan.Kind
		step   plan.Step
		err    error
		kind   plan.Kind
		reason string
		wait   time.Duration
	}{
		{plan.KindCreate, plan.Step{Op: plan.OpPull}, boom, plan.KindCreate, v1alpha1.ReasonImagePullFailed, time.Second},
		{plan.KindCreate, plan.Step{Op: plan.OpCreate}, engine.ErrNameInUse, plan.KindCreate, v1alpha1.ReasonNameConflict, time.Second},
		{plan.KindCreate, plan.Step{Op: plan.OpStart}, boom, plan.KindStart, v1alpha1.ReasonStartFailed, time.Second},
		{plan.KindRecreate, plan.Step{Op: plan.OpCreate}, boom, plan.KindRecreate, v1alpha1.ReasonCreateFailed, time.Second},
		{plan.KindRecreate, plan.Step{Op: plan.OpStart}, boom, plan.KindRecreate, v1alpha1.ReasonStartFailed, 16 * time.Second},
		{plan.KindTidy, plan.Step{Op: plan.OpStart}, boom, plan.KindTidy, v1alpha1.ReasonStartFailed, time.Second},
		{plan.KindTidy, plan.Step{Op: plan.OpStart, Undo: []plan.Step{remove}}, boom, plan.KindRecreate, v1alpha1.ReasonStartFailed, 16 * time.Second},
		{plan.KindRecreate, plan.Step{Op: plan.OpCheckStart}, boom, plan.KindRecreate, v1alpha1.ReasonStartFailed, 16 * time.Second},
		{plan.KindTidy, plan.Step{Op: plan.OpCheckStart}, boom, plan.KindTidy, v1alpha1.ReasonStartFailed, 16 * time.Second},
		{plan.KindTidy, plan.Step{Op: plan.OpCheckStart, Undo: []plan.Step{remove}}, boom, plan.KindRecreate, v1alpha1.ReasonStartFailed, 16 * time.Second},
		{plan.KindStop, plan.Step{Op: plan.OpStop}, boom, plan.KindStop, v1alpha1.ReasonStopFailed, time.Second},
		{plan.KindSetup, plan.Step{Op: plan.OpSetup}, boom, plan.KindSetup, v1alpha1.ReasonSetupFailed, time.Second},
		{plan.KindRemove, plan.Step{Op: plan.OpRemoveVolume}, boom, plan.KindRemove, v1alpha1.ReasonRemoveFailed, time.Second},
		{plan.KindConnect, plan.Step{Op: plan.OpConnect}, boom, plan.KindConnect, v1alpha1.ReasonUpdateFailed, time.Second},
	} {
		a := plan.Action{Kind: c.action, Steps: []plan.Step{c.step}}
		if got := a.FailureKind(c.step); got != c.kind {
			t.Errorf("%s, %s: FailureKind %s, want %s", c.action, c.step.Op, got, c.kind)
		}
		b := a.Fail(plan.Backoff{}, "key", c.step, c.err, now)
		if b.Reason != c.reason || b.Next.Sub(now) != c.wait || b.Failures != 1 || b.For != "key" {
			t.Errorf("%s, %s: %+v", c.action, c.step.Op, b)
		}
	}
}
