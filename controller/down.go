package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Down removes the containers of the named workspaces, or of all where names is empty, whatever the manifests say, and with
// volumes also the named volumes that they created. It must not run beside a controller of the same instance, which would make them anew.
func Down(ctx context.Context, o Options, names []string, volumes bool) error {
	o.PruneDelay, o.Takeover = 0, true
	c := New(o)
	defer c.queue.ShutDown()
	if err := c.list(ctx); err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(o.Workers)
	all := c.names()
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("remove %s: %w", name, ErrUnknown)
		}
	}
	if len(names) > 0 {
		all = names
	}
	for _, name := range all {
		group.Go(func() error { return c.takeDown(ctx, name) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if !volumes {
		return nil
	}
	list, err := c.Engine.Volumes(ctx, c.Instance)
	if err != nil {
		return err
	}
	var failed []error
	for _, v := range list {
		if len(names) > 0 && !slices.Contains(names, v.Labels[v1alpha1.LabelWorkspace]) {
			continue
		}
		if err := c.Engine.RemoveVolume(ctx, v.Name); err != nil {
			failed = append(failed, fmt.Errorf("remove volume %s: %w", v.Name, err))
			continue
		}
		c.Log.Info("volume removed", "volume", v.Name)
	}
	return errors.Join(failed...)
}

// takeDown removes one workspace as a loop would whose manifest is gone.
func (c *Controller) takeDown(ctx context.Context, name string) error {
	containers, err := c.lookAgain(ctx, name)
	if err != nil {
		return err
	}
	memory := c.Store.Get(name).Memory
	memory.Failures, memory.Paused = nil, false // A person asks: nothing is put off.
	in := plan.Input{
		Now: c.Clock.Now(), Instance: c.Instance, Name: name, Directory: c.Directory, Containers: containers, Memory: memory,
	}
	if plan.NeedsVolumes(in) {
		if in.Volumes, err = c.Engine.Volumes(ctx, c.Instance); err != nil {
			return err
		}
	}
	p := plan.Make(in)
	for i := range p.Actions {
		p.Actions[i].Cause = "down was asked for"
	}
	if err := c.carryOut(ctx, view{in: in}, p); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	c.forget(name)
	return nil
}
