package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// ErrUnknown says that there is no workspace of a name.
var ErrUnknown = errors.New("no such workspace")

var errPaused = errors.New("it is paused by the annotation " + v1alpha1.AnnotationReconcile)

// RequestRestart makes the next pass restart a workspace, whatever it backs off from. by says who asked, for the event.
// It returns at once. ErrUnknown where there is no such workspace.
func (c *Controller) RequestRestart(name, by string) error {
	if err := cmp.Or(restartable(c.states.get(name)), c.refusal(name)); err != nil {
		return fmt.Errorf("restart %s: %w", name, err)
	}
	c.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRestart(by) })
	// From now on it is not ready: whoever waits for that must not see what was before.
	c.showChanged(name, plan.Verdict{}, v1alpha1.ReasonStarting, "restart requested by "+by)
	c.queue.Add(name)
	return nil
}

// restartable says why a workspace cannot be restarted: a request that no pass would carry out must not be kept.
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

// Restart restarts workspaces where no controller runs, on the record of their containers: manifests are not looked at.
func Restart(ctx context.Context, o Options, names []string, by string) error {
	c := New(o)
	defer c.queue.ShutDown()
	if err := c.list(ctx); err != nil {
		return err
	}
	for _, name := range names {
		if err := c.restartNow(ctx, name, by); err != nil {
			return fmt.Errorf("restart %s: %w", name, err)
		}
	}
	return nil
}

func (c *Controller) restartNow(ctx context.Context, name, by string) error {
	containers, err := c.cache.Refresh(ctx, name)
	if err != nil {
		return err
	}
	v := view{in: plan.Input{
		Now: c.Clock.Now(), Instance: c.Instance, Name: name, Containers: containers,
		// Held: the container's own record is in force.
		Absent: plan.Absence{Held: &plan.Problem{Reason: v1alpha1.ReasonHeld}}, Memory: c.Store.Get(name).Memory,
	}}
	c.origin(&v.in)
	if v.in.Elsewhere != nil {
		return elsewhereError{v.in.Elsewhere.Message}
	}
	if err := inspect(ctx, c.Engine, &v.in, c.cache.LimitsUnknown); err != nil {
		return err
	}
	if v.in.Memory.Paused {
		return errPaused
	}
	v.in.Memory = v.in.Memory.RequestRestart(by)
	v.in.Memory = plan.Remember(v.in)
	p := plan.Make(v.in)
	if err := restartable(describe(v, p, c.Store.Get(name), "", "")); err != nil {
		return err
	}
	c.remember(name, func(plan.Memory) plan.Memory { return v.in.Memory })
	return c.carryOut(ctx, v, p)
}

// carryOut executes a plan outside the loop, and returns the failure that a loop would back off from.
func (c *Controller) carryOut(ctx context.Context, v view, p plan.Plan) error {
	x := newExecution(c, ctx, v, p, &slot{slots: make(chan struct{}, 1)})
	x.waits = true
	return x.run(ctx)
}
