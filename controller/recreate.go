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

var errNoManifest = errors.New("no manifest asks for it, so that there is nothing to create it from")

// RequestRecreate has the next reconcile replace a workspace's container by one of the image that its reference means
// then, or that a pull brings, and returns at once. by is who asked, for the event. The error is ErrUnknown if there
// is no such workspace.
func (c *Controller) RequestRecreate(name, by string, pull bool) error {
	ws := c.states.get(name)
	if err := cmp.Or(recreatable(ws), refusal(c.parts.gather.known(name))); err != nil {
		return fmt.Errorf("recreate %s: %w", name, err)
	}
	if c.desired.manifest(name) == nil {
		return fmt.Errorf("recreate %s: %w", name, errNoManifest)
	}
	c.records.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRecreate(ws.Status.ContainerID, by, pull) })
	c.request(name, v1alpha1.ReasonReplacing, "recreate requested by "+by)
	return nil
}

// recreatable returns why a workspace cannot be recreated.
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

// Recreate replaces the containers of workspaces while no controller runs, by what the manifests in s ask for.
func Recreate(ctx context.Context, o Options, s *manifest.Snapshot, names []string, by string, pull bool) error {
	p, err := connectedParts(ctx, o, s)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := p.recreate(ctx, name, by, pull); err != nil {
			return fmt.Errorf("recreate %s: %w", name, err)
		}
	}
	return nil
}

func (p *parts) recreate(ctx context.Context, name, by string, pull bool) error {
	v, pl, err := p.gather.plan(ctx, name)
	if err != nil {
		return err
	}
	if v.manifest == nil {
		if len(v.in.Containers) == 0 {
			return ErrUnknown
		}
		return errNoManifest
	}
	if err := refusal(v.in); err != nil {
		return err
	}
	if err := recreatable(describe(v, pl, p.records.store.Get(name), "", "")); err != nil {
		return err
	}
	current := pl.Current.ID
	p.records.remember(name, func(plan.Memory) plan.Memory { return v.in.Memory.RequestRecreate(current, by, pull) })
	if v, pl, err = p.gather.plan(ctx, name); err != nil {
		return err
	}
	if !pl.Replaces() {
		return fmt.Errorf("it cannot be replaced now: %s", pl.Verdict.Message.In(time.Local))
	}
	return p.executor.execute(ctx, ctx, v, pl, newToken())
}
