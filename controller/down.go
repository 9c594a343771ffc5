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

// Down removes the containers of the named workspaces, or of all where names is empty, whatever the manifests say, and with
// volumes also the named volumes that they created. What came from elsewhere is left, unless o.Takeover: left says what and
// why. It must not run beside a controller of the same instance, which would make them anew.
//
// s are the manifests, for the volumes that they name; nil where they are not to be looked at.
func Down(ctx context.Context, o Options, s *manifest.Snapshot, names []string, volumes bool) (left []string, err error) {
	o.PruneDelay = 0
	c := New(o)
	defer c.queue.ShutDown()
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	var group errgroup.Group
	group.SetLimit(o.Workers)
	all := c.names()
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("remove %s: %w", name, ErrUnknown)
		}
	}
	if len(names) > 0 {
		all = names
	}
	var spared []string
	for _, name := range all {
		if err := c.refusal(name); err != nil {
			spared, left = append(spared, name), append(left, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		group.Go(func() error { return c.takeDown(ctx, name, s) })
	}
	if err := group.Wait(); err != nil {
		return left, err
	}
	if !volumes {
		return left, nil
	}
	list, err := c.Engine.Volumes(ctx, c.Instance)
	if err != nil {
		return left, err
	}
	var failed []error
	for _, v := range list {
		if len(names) > 0 && !slices.Contains(names, v.Labels[v1alpha1.LabelWorkspace]) {
			continue
		}
		if c.leftAlone(v, spared) {
			left = append(left, fmt.Sprintf("volume %s: it came from elsewhere", v.Name))
			continue
		}
		if err := c.Engine.RemoveVolume(ctx, v.Name); err != nil {
			failed = append(failed, fmt.Errorf("remove volume %s: %w", v.Name, err))
			continue
		}
		c.Log.Info("volume removed", "volume", v.Name)
	}
	return left, errors.Join(failed...)
}

// takeDown removes one workspace as a loop would whose manifest is gone.
func (c *Controller) takeDown(ctx context.Context, name string, s *manifest.Snapshot) error {
	containers, err := c.cache.Refresh(ctx, name)
	if err != nil {
		return err
	}
	in := plan.Input{
		Now: c.Clock.Now(), Instance: c.Instance, Name: name, Containers: containers,
		Memory: c.Store.Get(name).Memory.RequestRemoval("down"),
	}
	c.origin(&in)
	if plan.NeedsOf(in).Volumes {
		if err := c.volumes(ctx, &in, s); err != nil {
			return err
		}
	}
	if err := c.carryOut(ctx, view{in: in}, plan.Make(in)); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	c.forget(name)
	return nil
}
