package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// RequestRecreate makes the next pass replace a workspace's container by one of the image that its reference means then, or
// that a pull brings. by says who asked, for the event. It returns at once. ErrUnknown where there is no such workspace.
func (c *Controller) RequestRecreate(name, by string, pull bool) error {
	ws := c.states.get(name)
	if err := cmp.Or(recreatable(ws), c.refusal(name)); err != nil {
		return fmt.Errorf("recreate %s: %w", name, err)
	}
	if c.desired.manifest(name) == nil {
		return fmt.Errorf("recreate %s: %w", name, errNoManifest)
	}
	c.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRecreate(ws.Status.ContainerID, by, pull) })
	// From now on it is not ready: a wait that begins after the request must not see the previous state.
	c.showChanged(name, plan.Verdict{}, v1alpha1.ReasonReplacing, "recreate requested by "+by)
	c.queue.Add(name)
	return nil
}

var errNoManifest = errors.New("no manifest asks for it, so that there is nothing to create it from")

// recreatable says why a workspace cannot be recreated.
func recreatable(ws *v1alpha1.Workspace) error {
	switch {
	case ws == nil:
		return ErrUnknown
	case ws.Annotations[v1alpha1.AnnotationReconcile] == v1alpha1.ReconcileDisabled:
		return errPaused
	case ws.Status.ContainerID == "":
		return errors.New("it has no container yet")
	}
	return nil
}

// Recreate replaces the containers of workspaces where no controller runs, by what the manifests in s ask for.
func Recreate(ctx context.Context, o Options, s *manifest.Snapshot, names []string, by string, pull bool) error {
	c := New(o)
	defer c.queue.ShutDown()
	info, err := c.Engine.Info(ctx)
	if err != nil {
		return err
	}
	c.connection.connect(info)
	if err := c.list(ctx); err != nil {
		return err
	}
	c.desired.take(s, c.known())
	for _, name := range names {
		if err := c.recreateNow(ctx, name, by, pull); err != nil {
			return fmt.Errorf("recreate %s: %w", name, err)
		}
	}
	return nil
}

func (c *Controller) recreateNow(ctx context.Context, name, by string, pull bool) error {
	v, p, err := c.plan(ctx, name)
	if err != nil {
		return err
	}
	if v.manifest == nil {
		if len(v.in.Containers) == 0 {
			return ErrUnknown
		}
		return errNoManifest
	}
	if v.in.Elsewhere != nil {
		return elsewhereError{v.in.Elsewhere.Message}
	}
	if err := recreatable(describe(v, p, c.Store.Get(name), "", "")); err != nil {
		return err
	}
	c.remember(name, func(plan.Memory) plan.Memory { return v.in.Memory.RequestRecreate(p.Current.ID, by, pull) })
	if v, p, err = c.plan(ctx, name); err != nil {
		return err
	}
	if !p.Replaces() {
		return fmt.Errorf("it cannot be replaced now: %s", p.Verdict.Message.In(time.Local))
	}
	return c.carryOut(ctx, v, p)
}

// RequestRemoval makes the next pass remove a workspace that no manifest asks for, whatever holds its removal. by says who
// asked, for the event. It returns at once. ErrUnknown where there is no such workspace.
func (c *Controller) RequestRemoval(name, by string) error {
	w := c.desired.manifest(name)
	switch {
	case w != nil:
		return fmt.Errorf("remove %s: %s:%d asks for it, so that this controller would create it again: delete that manifest, or set its spec.state to Stopped",
			name, w.File, w.Line)
	case c.states.get(name) == nil:
		return fmt.Errorf("remove %s: %w", name, ErrUnknown)
	}
	if err := c.refusal(name); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	c.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRemoval(by) })
	c.showChanged(name, plan.Verdict{}, v1alpha1.ReasonRemoving, "removal requested by "+by)
	c.queue.Add(name)
	return nil
}
