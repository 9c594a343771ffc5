package controller

import (
	"context"
	"errors"
	"fmt"

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
	c.cpus, c.fixedLimits = info.CPUs, info.FixedLimits
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	c.desired.take(s, c.known())
	var out []Previewed
	for _, name := range c.names() {
		v, p, err := c.plan(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", name, err)
		}
		if v.in.Desired == nil && len(v.in.Containers) == 0 && !p.Mutates() {
			continue
		}
		if err := c.foreign(ctx, &p); err != nil {
			return nil, err
		}
		out = append(out, Previewed{Plan: p, Workspace: describe(v, p, c.Store.Get(name), "", "")})
	}
	return out, nil
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
	p.Verdict = plan.Verdict{Reason: v1alpha1.ReasonNameConflict, Stalled: true, Message: fmt.Sprintf(
		"the name %s is held by container %.12s, which is not ours: rename or remove that one", holder.Name, holder.ID)}
	return nil
}
