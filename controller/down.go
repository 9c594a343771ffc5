package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// RequestRemoval has the next reconcile remove a workspace that no manifest asks for, also if its removal is held, and
// returns at once. by is who asked, for the event. The error is ErrUnknown if there is no such workspace.
func (c *Controller) RequestRemoval(name, by string) error {
	w := c.desired.manifest(name)
	switch {
	case w != nil:
		return fmt.Errorf("remove %s: %s:%d asks for it, so that this controller would create it again: "+
			"delete that manifest, or set its spec.state to Stopped", name, w.File, w.Line)
	case c.states.get(name) == nil:
		return fmt.Errorf("remove %s: %w", name, ErrUnknown)
	}
	if err := refusal(c.parts.gather.known(name)); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	c.records.remember(name, func(m plan.Memory) plan.Memory { return m.RequestRemoval(by) })
	c.request(name, v1alpha1.ReasonRemoving, "removal requested by "+by)
	return nil
}

// Down removes the containers of the named workspaces, or of all if names is empty, whatever the manifests ask for,
// and with volumes also the named volumes that they created. What came from elsewhere is left, unless o.Takeover is
// set: left describes each. Down must not run beside a controller of the same instance, which would create them
// again.
//
// s are the manifests, for the volumes that they name; nil if these do not count.
func Down(ctx context.Context, o Options, s *manifest.Snapshot, names []string, volumes bool) (left []string, err error) {
	o.PruneDelay = 0
	p := newParts(o)
	p.executor.removable = func(string, bool) bool { return true }
	if _, err := p.gather.list(ctx); err != nil {
		return nil, err
	}
	all := slices.Compact(slices.Sorted(slices.Values(p.gather.recorded())))
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("remove %s: %w", name, ErrUnknown)
		}
	}
	if s != nil {
		p.desired.take(s, nil)
	}
	if len(names) > 0 {
		all = names
	}
	var group errgroup.Group
	group.SetLimit(o.Workers)
	var kept []string
	for _, name := range all {
		if err := refusal(p.gather.known(name)); err != nil {
			kept, left = append(kept, name), append(left, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		group.Go(func() error { return p.remove(ctx, name) })
	}
	if err := group.Wait(); err != nil || !volumes {
		return left, err
	}
	leftVolumes, err := p.removeVolumes(ctx, names, kept)
	return append(left, leftVolumes...), err
}

// remove removes one workspace, as a controller would whose manifest is gone.
func (p *parts) remove(ctx context.Context, name string) error {
	v, pl, err := p.gather.planFor(ctx, name, target{
		request: func(m plan.Memory) plan.Memory { return m.RequestRemoval("down") },
	})
	if err != nil {
		return err
	}
	if err := p.executor.execute(ctx, ctx, v, pl, newToken()); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	p.publisher.forget(name)
	return nil
}

// removeVolumes removes the volumes of the named workspaces, or of all if names is empty, but for those of the kept
// workspaces.
func (p *parts) removeVolumes(ctx context.Context, names, kept []string) (left []string, err error) {
	list, err := p.engine.Volumes(ctx, p.options.Instance)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, v := range list {
		if len(names) > 0 && !slices.Contains(names, v.Labels[v1alpha1.LabelWorkspace]) {
			continue
		}
		if p.gather.origins.keeps(v, kept) {
			left = append(left, fmt.Sprintf("volume %s: it came from elsewhere", v.Name))
			continue
		}
		if err := p.engine.RemoveVolume(ctx, v.Name); err != nil {
			failed = append(failed, fmt.Errorf("remove volume %s: %w", v.Name, err))
			continue
		}
		p.options.Log.Info("volume removed", "volume", v.Name)
	}
	return left, errors.Join(failed...)
}
