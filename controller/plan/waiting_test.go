package plan_test

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// What keeps a new container from being made leaves the old one converged on its own record.
func TestTheOldContainerStaysWhileTheNewOneHasToWait(t *testing.T) {
	new := want(image("nod:22"))
	failed := failedBefore(plan.KindRecreate, 4)
	check(t, "pull failed, old runs", input(new, having(running(specOf())), absentImage, failed), `
=> stalled CreateFailed: boom; next try at 12:00:04; keeping the previous container: container dual-web runs
   wake in 4s
`)
	check(t, "pull failed, old died", input(new, having(running(specOf(), exited(1))), absentImage, failed), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; keeping the previous container: exited with code 1 after 1m0s
   wake in 4s
`)
	check(t, "pull failed, old paused by hand", input(new, having(running(specOf(), state(engine.StatePaused))), absentImage, failed), `
unpause web: the container was paused by hand
  unpause dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; keeping the previous container: the container is paused
   wake in 4s
`)
	check(t, "pull failed, old renamed by hand", input(new, having(box("c1", "mine", engine.StateRunning, specOf())), absentImage, failed,
		remembering(func(m *plan.Memory) { m.ContainerID = "c1" })), `
rename web: the container was renamed to mine
  rename mine to dual-web
=> stalled CreateFailed: boom; next try at 12:00:04; keeping the previous container: container dual-web runs
   wake in 4s
`)
	missing := want(image("node:22"))
	missing.Missing = []string{"/src/shop"}
	check(t, "SourceNotFound, old runs", input(missing, having(running(specOf()))), `
=> stalled SourceNotFound: waiting for /src/shop to exist on the host; keeping the previous container: container dual-web runs
`)
	check(t, "SourceNotFound, old died", input(missing, having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled SourceNotFound: waiting for /src/shop to exist on the host; keeping the previous container: exited with code 1 after 1m0s
`)
	gone := want()
	gone.Missing = []string{"/src/shop"}
	check(t, "SourceNotFound, nothing changed", input(gone, having(running(specOf()))), `
=> ready Running: container dual-web runs
`)
}

// A pull for a third spec may take long; the container that an interrupted replacement stopped runs meanwhile.
func TestTheStoppedContainerRunsDuringTheNextPull(t *testing.T) {
	interrupted := func(was v1alpha1.WorkspaceSpec, edits ...boxEdit) inputEdit {
		return having(box("o", final, engine.StateExited, was, edits...), box("n", next, engine.StateCreated, specOf(image("node:22"))))
	}
	golden(t, "wanted", input(want(image("node:24")), absentImage, interrupted(specOf())))
	golden(t, "image present", input(want(image("node:24")), interrupted(specOf())))
	never := restartPolicy(v1alpha1.RestartNever)
	golden(t, "ended by itself", input(want(image("node:24"), never), absentImage, interrupted(specOf(never))))
	golden(t, "state Stopped", input(want(image("node:24"), stopped), absentImage, interrupted(specOf())))
}

// What keeps a new container from being made counts while the one of before is kept on its own record: both specs' failures
// are remembered, or each pass would forget one of them and try at once.
func TestFailuresOfBothSpecsCountWhileOneWaits(t *testing.T) {
	d := want(image("nod:22"))
	in := input(d, having(running(specOf())), absentImage)
	if p := plan.Make(in); p.Key != d.Key() || p.WaitingKey != "" {
		t.Errorf("nothing waits, and the keys are %q and %q, want %q", p.Key, p.WaitingKey, d.Key())
	}
	failedBefore(plan.KindRecreate, 4)(&in)
	p := plan.Make(in)
	if before := want().Key(); p.Key != before || p.WaitingKey != d.Key() {
		t.Errorf("keys %q and %q, want the record's %q and the waiting %q", p.Key, p.WaitingKey, before, d.Key())
	}
	// A cure of the old one that fails backs off under the key that the next pass asks for.
	failures := in.Memory.Failures
	failures[plan.KindStart] = plan.Backoff{
		For: p.Key, Failures: 1, Next: now.Add(2 * time.Second), Reason: v1alpha1.ReasonStartFailed, Message: "no",
	}
	check(t, "both back off", input(d, having(running(specOf(), exited(1))), absentImage,
		remembering(func(m *plan.Memory) { m.Failures = failures })), `
=> stalled CreateFailed: boom; next try at 12:00:04; keeping the previous container: no; next try at 12:00:02
   wake in 2s
`)
}
