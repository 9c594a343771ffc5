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

// Previewed is what a reconcile would do about one workspace, and its state now.
type Previewed struct {
	Plan      plan.Plan
	Workspace *v1alpha1.Workspace
}

// previewsInParallel is how many plans are made at a time: each waits for the engine.
const previewsInParallel = 8

// Preview plans every workspace once, in the order of their names, and changes nothing: the engine that it plans with
// refuses every call that would.
func Preview(ctx context.Context, o Options, s *manifest.Snapshot) ([]Previewed, error) {
	o.Engine = engine.ReadOnly(o.Engine)
	o.PruneDelay = 0
	p, err := connectedParts(ctx, o, s)
	if err != nil {
		return nil, err
	}
	p.gather.sources.settle = 0
	// No list shows limits that were changed by hand.
	p.cache.ForgetLimits(p.cache.IDs())
	names := p.gather.names()
	found := make([]*Previewed, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(previewsInParallel)
	for i, name := range names {
		group.Go(func() (err error) {
			found[i], err = p.preview(ctx, name)
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

// preview plans one workspace; nil if there is nothing of it.
func (p *parts) preview(ctx context.Context, name string) (*Previewed, error) {
	v, pl, err := p.gather.plan(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", name, err)
	}
	if v.isNothing(pl) {
		return nil, nil
	}
	if err := p.findNameConflict(ctx, &pl); err != nil {
		return nil, err
	}
	return &Previewed{Plan: pl, Workspace: describe(v, pl, p.records.store.Get(name), "", "")}, nil
}

// findNameConflict finds what only the attempt to create would find: that a container which is not owned holds the
// name.
func (p *parts) findNameConflict(ctx context.Context, pl *plan.Plan) error {
	if len(pl.Actions) == 0 || pl.Actions[0].Kind != plan.KindCreate {
		return nil
	}
	holder, err := p.engine.Inspect(ctx, v1alpha1.ContainerName(pl.Name))
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	pl.Actions = nil
	pl.Verdict = plan.Verdict{Reason: v1alpha1.ReasonNameConflict, Stalled: true, Message: plan.Text{fmt.Sprintf(
		"the name %s is held by container %.12s, which is not owned: rename or remove that one", holder.Name, holder.ID)}}
	return nil
}
