package controller

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Previewed is what a pass would do about one workspace, and what there is to say about it now.
type Previewed struct {
	Plan      plan.Plan
	Workspace *v1alpha1.Workspace
}

// Preview plans every workspace once, in the order of their names, and changes nothing: the engine that it plans with
// refuses every call that would.
func Preview(ctx context.Context, o Options, s *manifest.Snapshot) ([]Previewed, error) {
	o.Engine = engine.ReadOnly(o.Engine)
	o.PruneDelay = 0
	c := New(o)
	defer c.queue.ShutDown()
	info, err := c.Engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	c.connection.connect(info)
	c.settle = 0
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	// Nothing tells which limits were changed by hand: no list shows them.
	c.cache.ForgetLimits(c.cache.IDs())
	c.desired.take(s, c.known())
	names := c.names()
	found := make([]*Previewed, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(previews)
	for i, name := range names {
		group.Go(func() (err error) {
			found[i], err = c.preview(ctx, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []Previewed
	for _, p := range found {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out, nil
}

// previews are the plans that are made at a time: each waits for the engine.
const previews = 8

// preview plans one workspace; nil where there is nothing of it.
func (c *Controller) preview(ctx context.Context, name string) (*Previewed, error) {
	v, p, err := c.plan(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", name, err)
	}
	if v.in.Desired == nil && len(v.in.Containers) == 0 && !p.Mutates() {
		return nil, nil
	}
	if err := c.foreign(ctx, &p); err != nil {
		return nil, err
	}
	return &Previewed{Plan: p, Workspace: describe(v, p, c.Store.Get(name), "", "")}, nil
}

// foreign finds what only the attempt to create would find: that somebody else's container holds the name.
func (c *Controller) foreign(ctx context.Context, p *plan.Plan) error {
	if len(p.Actions) == 0 || p.Actions[0].Kind != plan.KindCreate {
		return nil
	}
	holder, err := c.Engine.Inspect(ctx, v1alpha1.ContainerName(p.Name))
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	p.Actions = nil
	p.Verdict = plan.Verdict{Reason: v1alpha1.ReasonNameConflict, Stalled: true, Message: plan.Text{fmt.Sprintf(
		"the name %s is held by container %.12s, which is not owned: rename or remove that one", holder.Name, holder.ID)}}
	return nil
}
