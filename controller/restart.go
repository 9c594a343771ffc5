package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// ErrUnknown is the error of a request about a workspace that does not exist.
var ErrUnknown = errors.New("no such workspace")

var errPaused = errors.New("it is paused by the annotation " + v1alpha1.AnnotationReconcile)

// RequestRestart has the next reconcile restart a workspace, whatever it backs off from, and returns at once. by is
// who asked, for the event. The error is ErrUnknown if there is no such workspace.
func (c *Controller) RequestRestart(name, by string) error {
	if err := cmp.Or(restartable(c.states.get(name)), refusal(c.parts.gather.known(name))); err != nil {
		return fmt.Errorf("restart %s: %w", name, err)
	}
	c.records.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRestart(by) })
	c.request(name, v1alpha1.ReasonStarting, "restart requested by "+by)
	return nil
}

// restartable returns why a workspace cannot be restarted: a request that no reconcile would carry out must not be
// kept.
func restartable(ws *v1alpha1.Workspace) error {
	switch {
	case ws == nil:
		return ErrUnknown
	case ws.Annotations[v1alpha1.AnnotationReconcile] == v1alpha1.ReconcileDisabled:
		return errPaused
	case ws.Spec.State == v1alpha1.StateStopped:
		return errors.New("its spec.state is Stopped: set it to Running")
	case ws.Status.ContainerID == "":
		return errors.New("it has no container yet")
	}
	return nil
}

// Restart restarts workspaces while no controller runs, with the last-applied specs of their containers: no manifest
// is read.
func Restart(ctx context.Context, o Options, names []string, by string) error {
	p := newParts(o)
	if _, err := p.gather.list(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := p.restart(ctx, name, by); err != nil {
			return fmt.Errorf("restart %s: %w", name, err)
		}
	}
	return nil
}

func (p *parts) restart(ctx context.Context, name, by string) error {
	v, pl, err := p.gather.planFor(ctx, name, target{
		// A held absence keeps the last-applied spec.
		absent:  plan.Absence{Held: &plan.Problem{Reason: v1alpha1.ReasonHeld}},
		request: func(m plan.Memory) plan.Memory { return m.RequestRestart(by) },
	})
	if err != nil {
		return err
	}
	if err := refusal(v.in); err != nil {
		return err
	}
	if v.in.Memory.Paused {
		return errPaused
	}
	if err := restartable(describe(v, pl, p.records.store.Get(name), "", "")); err != nil {
		return err
	}
	p.records.remember(name, func(plan.Memory) plan.Memory { return v.in.Memory })
	return p.executor.execute(ctx, ctx, v, pl, newToken())
}
