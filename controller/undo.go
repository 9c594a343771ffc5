package controller

import (
	"context"
	"maps"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// undo brings back what was before the failed step, back to the last commit. It ends at a stop that fails: going on would
// start the old container beside the new one. A name that cannot be given back is left to the next pass. It reports whether
// it started what was before.
func (x *execution) undo(ctx context.Context, a plan.Action, at int) (back bool) {
	for i := at; i >= 0; i-- {
		if i < at && a.Steps[i].Commit {
			return false
		}
		for _, undo := range a.Steps[i].Undo {
			if undo.Container.ID == "" && x.created == "" {
				continue // What it would undo was never done.
			}
			x.log.Info("undo", "step", undo.String())
			if err := x.step(ctx, undo); err != nil {
				x.log.Warn("undo", "step", undo.String(), "error", err)
				if undo.Op == plan.OpStop {
					return false
				}
				continue
			}
			back = back || undo.Op == plan.OpStart
		}
	}
	return back
}

// fail undoes what a failed step leaves half done, and records the failure with its backoff.
func (x *execution) fail(ctx context.Context, a plan.Action, at int, cause error) {
	back := x.undo(ctx, a, at)
	failed := a.Steps[at]
	kind := a.FailureKind(failed)
	var b plan.Backoff
	x.remember(func(m *plan.Memory) {
		failures := maps.Clone(m.Failures)
		if failures == nil {
			failures = map[plan.Kind]plan.Backoff{}
		}
		b = a.Fail(failures[kind], x.plan.Key, failed, cause, x.Clock.Now())
		failures[kind] = b
		m.Failures = failures
		if back && x.owed != "" {
			m.SetupDue = x.owed
		}
		if a.Kind == plan.KindRestart || a.Restart {
			m.RestartRequest = ""
		}
		if a.Kind == plan.KindRecreate {
			m.Recreate = nil // One request is one try: the event says how it ended.
		}
	})
	x.record(v1alpha1.EventWarning, x.plan.Name, b.Reason, plan.FailureText(failed, cause))
	x.log.Warn(plan.FailureText(failed, cause), "failures", b.Failures, "next try", b.Next.Format("15:04:05"))
}

// notTaken records an action that would only repeat what changed nothing.
func (x *execution) notTaken(a plan.Action) error {
	var b plan.Backoff
	x.remember(func(m *plan.Memory) {
		*m = m.NotTaken(a, x.plan.Key, x.Clock.Now())
		b = m.Failures[a.Kind]
	})
	x.record(v1alpha1.EventWarning, x.plan.Name, b.Reason, b.Message)
	x.log.Warn(b.Message, "failures", b.Failures, "next try", b.Next.Format("15:04:05"))
	return errStepFailed
}
