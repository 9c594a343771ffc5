package controller

import (
	"context"
	"errors"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// undo undoes the steps before the failed one, back to the last commit. It ends if a stop fails: to continue would
// start the previous container beside the new one. A name that cannot be given back is left to the next reconcile. It
// reports whether it started the previous container.
func (x *execution) undo(ctx context.Context, a plan.Action, at int) (back bool) {
	for i := at; i >= 0; i-- {
		if i < at && a.Steps[i].Commit {
			return back
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
func (x *execution) fail(ctx context.Context, a plan.Action, at int, cause error) error {
	failed, restarted := a.Steps[at], ""
	if x.undo(ctx, a, at) {
		restarted = x.setupBefore
	}
	return x.backOff(a.FailureKind(failed), cause, func(m plan.Memory) plan.Memory {
		return m.Failed(a, failed, cause, restarted, x.plan.Key, time.Now())
	})
}

// errNoEffect is the cause of the failure of an action that would only repeat what had no effect.
var errNoEffect = errors.New("the action had no effect")

// notTaken records an action that would only repeat what had no effect.
func (x *execution) notTaken(a plan.Action) error {
	return x.backOff(a.Kind, errNoEffect, func(m plan.Memory) plan.Memory { return m.NotTaken(a, x.plan.Key, time.Now()) })
}

// backOff records a failure of a kind with its backoff.
func (x *execution) backOff(kind plan.Kind, cause error, transition func(plan.Memory) plan.Memory) error {
	var b plan.Backoff
	x.remember(func(m plan.Memory) plan.Memory {
		m = transition(m)
		b = m.Failures[kind]
		return m
	})
	x.executor.records.event(status.EventWarning, x.plan.Name, b.Reason, b.Message)
	x.log.Warn(b.Message, "failures", b.Failures, "next try", b.Next.Format("15:04:05"))
	return &stepError{b.Message, cause}
}
