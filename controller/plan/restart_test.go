package plan_test

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// crashes are earlier restarts of the desired spec.
func crashes(n int) inputEdit {
	return func(in *plan.Input) {
		in.Memory.Restarts = int32(n)
		in.Memory.Crash = plan.Backoff{For: in.Desired.Key(), Failures: n}
	}
}

func oom(c *engine.Container) { c.Details.OOMKilled = true }

func TestExited(t *testing.T) {
	for _, c := range []struct {
		policy v1alpha1.RestartPolicy
		code   int
		golden string
	}{
		{v1alpha1.RestartAlways, 0, `
start web: exited with code 0 after 1m0s
  start dual-web
=> Starting: exited with code 0 after 1m0s
`},
		{v1alpha1.RestartAlways, 1, `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`},
		{v1alpha1.RestartOnFailure, 0, `
=> ready Completed: exited with code 0 after 1m0s; restartPolicy is OnFailure
`},
		{v1alpha1.RestartOnFailure, 1, `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`},
		{v1alpha1.RestartNever, 0, `
=> ready Completed: exited with code 0 after 1m0s; restartPolicy is Never
`},
		{v1alpha1.RestartNever, 1, `
=> stalled Exited: exited with code 1 after 1m0s; restartPolicy is Never
`},
	} {
		name := string(c.policy) + map[bool]string{true: " 0", false: " 1"}[c.code == 0]
		check(t, name, input(want(restartPolicy(c.policy)), having(running(specOf(restartPolicy(c.policy)), exited(c.code)))), c.golden)
	}
	check(t, "OOM", input(want(), having(running(specOf(), exited(137, oom)))), `
start web: killed for using more memory than its limit after 1m0s
  start dual-web
=> Starting: killed for using more memory than its limit after 1m0s
`)
	check(t, "OOM, OnFailure, code 0", input(want(restartPolicy(v1alpha1.RestartOnFailure)),
		having(running(specOf(restartPolicy(v1alpha1.RestartOnFailure)), exited(0, oom)))), `
start web: killed for using more memory than its limit after 1m0s
  start dual-web
=> Starting: killed for using more memory than its limit after 1m0s
`)
	check(t, "start failed before", input(want(), having(running(specOf(), exited(127))), failedBefore(plan.KindStart, 4)), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
	check(t, "created, never started", input(want(), having(box("c1", final, engine.StateCreated, specOf()))), `
start web: the container was created but never started
  start dual-web
=> Starting: created, not started yet
`)
	check(t, "setup was still due", input(want(setup("make")), having(running(specOf(setup("make")), exited(1))),
		remembering(func(m *plan.Memory) { m.PendingSetup = "c1" })), `
start web: exited with code 1 after 1m0s
  start dual-web
setup web: new container
  setup in dual-web
=> Starting: exited with code 1 after 1m0s
`)
	check(t, "request overrides the backoff", input(want(), having(running(specOf(), exited(1))), crashes(9),
		remembering(func(m *plan.Memory) { m.RestartRequest = "restart asked for by ann" })), `
start web: restart asked for by ann
  start dual-web
=> Starting: restart asked for by ann
`)
	check(t, "request overrides Never", input(want(restartPolicy(v1alpha1.RestartNever)),
		having(running(specOf(restartPolicy(v1alpha1.RestartNever)), exited(0))),
		remembering(func(m *plan.Memory) { m.RestartRequest = "restart asked for by ann" })), `
start web: restart asked for by ann
  start dual-web
=> Starting: restart asked for by ann
`)
}

// Trap 20: what keeps dying is started ever less often, from the moment on that its exit was seen.
func TestTrap20CrashBackoff(t *testing.T) {
	check(t, "first exit", input(want(), having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`)
	check(t, "second exit", input(want(), having(running(specOf(), exited(1))), crashes(1)), `
=> stalled CrashLoopBackOff: exited with code 1 after 1m0s, 1 restart so far; next try at 12:00:01
   wake in 1s
`)
	check(t, "fifth exit", input(want(), having(running(specOf(), exited(1))), crashes(4)), `
=> stalled CrashLoopBackOff: exited with code 1 after 1m0s, 4 restarts so far; next try at 12:00:08
   wake in 8s
`)
	check(t, "hundredth exit", input(want(), having(running(specOf(), exited(1))), crashes(99)), `
=> stalled CrashLoopBackOff: exited with code 1 after 1m0s, 99 restarts so far; next try at 12:05:00
   wake in 5m0s
`)
	check(t, "the image's own command ends at once", input(want(), having(running(specOf(), endedAtOnce(0))), crashes(1)), `
=> stalled CrashLoopBackOff: exited with code 0 after 100ms, 1 restart so far; next try at 12:00:01; the image's command ends at once: set spec.command
   wake in 1s
`)
	check(t, "a command of the manifest ends at once", input(want(command("true")), having(running(specOf(command("true")), endedAtOnce(0))), crashes(1)), `
=> stalled CrashLoopBackOff: exited with code 0 after 100ms, 1 restart so far; next try at 12:00:01
   wake in 1s
`)
	seen := remembering(func(m *plan.Memory) {
		m.Exit = plan.Exit{ContainerID: "c1", FinishedAt: now.Add(-time.Second), SeenAt: now.Add(-16 * time.Second)}
	})
	check(t, "over", input(want(), having(running(specOf(), exited(1))), crashes(5), seen), `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`)
	check(t, "another spec starts anew", input(want(), having(running(specOf(), exited(1))),
		remembering(func(m *plan.Memory) { m.Crash = plan.Backoff{For: "another", Failures: 9} })), `
start web: exited with code 1 after 1m0s
  start dual-web
=> Starting: exited with code 1 after 1m0s
`)
	long := func(c *engine.Container) { c.Details.StartedAt = now.Add(-plan.StableAfter - time.Second) }
	check(t, "after ten minutes of running it starts anew", input(want(), having(running(specOf(), exited(1, long))), crashes(9)), `
start web: exited with code 1 after 10m0s
  start dual-web
=> Starting: exited with code 1 after 10m0s
`)

	delays := []time.Duration{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}
	for n, seconds := range delays {
		if got := plan.Delay(n); got != seconds*time.Second {
			t.Errorf("Delay(%d) = %s, want %ds", n, got, seconds)
		}
	}
	if got := plan.Delay(1_000_000); got != 5*time.Minute {
		t.Errorf("Delay(1000000) = %s", got)
	}
}

func TestBackoffCountsPerKey(t *testing.T) {
	b := plan.Backoff{}.Fail("a", "R", "m", now).Fail("a", "R", "m", now)
	if b.Failures != 2 || !b.Next.Equal(now.Add(2*time.Second)) {
		t.Errorf("second failure: %+v", b)
	}
	if b = b.Fail("b", "R", "m", now); b.Failures != 1 || !b.Next.Equal(now.Add(time.Second)) {
		t.Errorf("first failure of another spec: %+v", b)
	}
}

// The clocks of the engine and of the controller need not agree: delays count from when the exit was seen.
func TestClockSkewDoesNotStretchTheBackoff(t *testing.T) {
	ahead := func(c *engine.Container) {
		c.Details.StartedAt, c.Details.FinishedAt = now.Add(time.Hour), now.Add(time.Hour+time.Minute)
	}
	check(t, "engine ahead", input(want(), having(running(specOf(), exited(1, ahead))), crashes(3)), `
=> stalled CrashLoopBackOff: exited with code 1 after 1m0s, 3 restarts so far; next try at 12:00:04
   wake in 4s
`)
}

func TestUnhealthy(t *testing.T) {
	ill := remembering(func(m *plan.Memory) {
		m.Unhealthy = &plan.Unhealthy{ContainerID: "c1", Message: "the liveness probe failed 3 times in a row: exit code 1: ", SeenAt: now}
	})
	d, c := want(probe("true"), grace(3)), running(specOf(probe("true"), grace(3)))
	check(t, "restart", input(d, having(c), ill), `
restart web: the liveness probe failed 3 times in a row: exit code 1: 
  stop dual-web within 3s
  start dual-web
=> Unhealthy: the liveness probe failed 3 times in a row: exit code 1: 
`)
	check(t, "backing off", input(d, having(c), ill, crashes(3)), `
=> stalled Unhealthy: the liveness probe failed 3 times in a row: exit code 1: ; next restart at 12:00:04
   wake in 4s
`)
	check(t, "the probe is not wanted any more", input(want(grace(3)), having(c), ill), `
record web: spec.livenessProbe *** → (unset)
=> ready Running: container dual-web runs
`)
	check(t, "another container", input(d, having(box("c2", final, engine.StateRunning, specOf(probe("true"), grace(3)))), ill), `
=> ready Running: container dual-web runs
`)
	check(t, "restart fails, backing off", input(d, having(c), ill, failedBefore(plan.KindRestart, 4)), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
}

func TestRestartRequest(t *testing.T) {
	asked := remembering(func(m *plan.Memory) { m.RestartRequest = "restart asked for by ann" })
	check(t, "running", input(want(), having(running(specOf())), asked), `
restart web: restart asked for by ann
  stop dual-web within 10s
  start dual-web
=> Starting: restart asked for by ann
`)
	check(t, "state Stopped", input(want(stopped), having(running(specOf(stopped), exited(143))), asked), `
=> ready Stopped: stopped, as spec.state asks
`)
}

func TestSetup(t *testing.T) {
	d, c := want(setup("make")), running(specOf(setup("make")))
	known := remembering(func(m *plan.Memory) { m.ContainerID = "c1" })
	due := remembering(func(m *plan.Memory) { m.ContainerID, m.PendingSetup = "c1", "c1" })
	check(t, "done", input(d, having(c), known), `
=> ready Running: container dual-web runs
`)
	check(t, "due", input(d, having(c), due), `
setup web: the container's setup is not known to have succeeded
  setup in dual-web
=> SettingUp: running setup
`)
	check(t, "failed", input(d, having(c), due, failedBefore(plan.KindSetup, 4)), `
=> stalled CreateFailed: boom; next try at 12:00:04
   wake in 4s
`)
	check(t, "failed, try again", input(d, having(c), due, failedBefore(plan.KindSetup, 0)), `
setup web: the container's setup is not known to have succeeded
  setup in dual-web
=> SettingUp: running setup
`)
	check(t, "due in a container that is gone", input(d, having(c), known, remembering(func(m *plan.Memory) { m.PendingSetup = "c0" })), `
=> ready Running: container dual-web runs
`)
	check(t, "nothing is remembered", input(d, having(c)), `
setup web: the container's setup is not known to have succeeded
  setup in dual-web
=> SettingUp: running setup
`)
	check(t, "of another container is remembered", input(d, having(c), remembering(func(m *plan.Memory) { m.ContainerID = "c0" })), `
setup web: the container's setup is not known to have succeeded
  setup in dual-web
=> SettingUp: running setup
`)
	check(t, "nothing is remembered, and no setup was recorded", input(want(), having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
}
