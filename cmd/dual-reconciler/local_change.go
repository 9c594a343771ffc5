package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// change holds the instance while f works on it.
func (l local) change(ctx context.Context, takeover bool, f func(controller.Options) error) error {
	h, err := l.hold(ctx, silently)
	if err != nil {
		return err
	}
	defer h.release()
	store, err := openStore(status.Open, l.instanceDir())
	if err != nil {
		return err
	}
	o := l.options(h.engine(), nil, store, l.openEvents(nil), loopFlags{workers: 8, resync: manifest.DefaultResync})
	o.Takeover = takeover
	if o.Log, err = l.logger(true); err != nil {
		return err
	}
	return f(o)
}

// snapshot reads the manifests once.
func (l local) snapshot(ctx context.Context, o controller.Options) *manifest.Snapshot {
	f := loopFlags{resync: manifest.DefaultResync}
	return l.newLoader(o.Engine, o.Store, f).LoadSettled(ctx, l.noticeUnsettled())
}

func (l local) Restart(ctx context.Context, names []string, takeover bool, done report) error {
	return l.change(ctx, takeover, func(o controller.Options) error {
		if err := controller.Restart(ctx, o, names, whoAmI()); err != nil {
			return err
		}
		for _, name := range names {
			done(name, "restarted")
		}
		return nil
	})
}

func (l local) Recreate(ctx context.Context, names []string, pull, takeover bool, done report) error {
	return l.change(ctx, takeover, func(o controller.Options) error {
		if err := controller.Recreate(ctx, o, l.snapshot(ctx, o), names, whoAmI(), pull); err != nil {
			return err
		}
		for _, name := range names {
			done(name, "recreated")
		}
		return nil
	})
}

func (l local) Approve(ctx context.Context, names []string, done report) error {
	return l.change(ctx, false, func(o controller.Options) error {
		s := l.snapshot(ctx, o)
		for _, name := range names {
			paths, err := controller.Approve(ctx, o, s, name, whoAmI())
			if err != nil {
				return err
			}
			done(name, "approved: "+strings.Join(paths, ", "))
		}
		return nil
	})
}

func (l local) Remove(ctx context.Context, r removal, _ report) error {
	return l.change(ctx, r.takeover, func(o controller.Options) error {
		containers, err := o.Engine.List(ctx, l.instance)
		if err != nil {
			return err
		}
		containers = slices.DeleteFunc(containers, func(c engine.Container) bool {
			name := c.Labels[v1alpha1.LabelWorkspace]
			return !plan.Owned(l.instance, o.Store.Get(name).Memory, c) ||
				len(r.names) > 0 && !slices.Contains(r.names, name)
		})
		if err := r.confirm(containers); err != nil {
			return err
		}
		o.Workers = r.workers
		removed := 0
		var mu sync.Mutex
		o.OnChange = func(ws *v1alpha1.Workspace, deleted bool) {
			if deleted {
				mu.Lock()
				defer mu.Unlock()
				removed++
				fmt.Fprintf(l.Out, "%s removed\n", ws.Name)
			}
		}
		// The removal of single workspaces leaves the volumes that other manifests name; that of the instance does not.
		var s *manifest.Snapshot
		if len(r.names) > 0 {
			s = l.snapshot(ctx, o)
		}
		left, err := controller.Down(ctx, o, s, r.names, r.volumes)
		for _, line := range left {
			fmt.Fprintln(l.Err, line)
		}
		if err == nil && len(left) > 0 && (removed == 0 || len(r.names) > 0) {
			return exitError{code: 1}
		}
		return err
	})
}
