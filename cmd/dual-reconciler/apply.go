package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func applyCommand(g *globals) *cobra.Command {
	var f loopFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Converge once, and show how",
		Long: `Converge the containers on the manifests once, and show how.

Where a controller of the instance runs, apply asks that one to read everything anew, and follows it.
It ends when every workspace is ready or known not to become so by itself. Exit code: 0 when all workspaces
are ready, 1 when not; a paused workspace that is not as its manifest asks is not.`,
		Example: `  dual-reconciler apply
  dual-reconciler apply --timeout 2m --manifests ~/workspaces`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return g.apply(ctx, f, timeout)
		},
	}
	f.register(cmd)
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "give up after this time; what was begun by a running controller goes on")
	return cmd
}

func (g *globals) apply(ctx context.Context, f loopFlags, timeout time.Duration) error {
	p := newProgress(os.Stdout)
	var problems []string
	h, err := g.hold(ctx, silently)
	var held *status.HeldError
	switch {
	case errors.As(err, &held) && held.StateDir != "":
		return err // Its socket is elsewhere.
	case errors.As(err, &held):
		client, ok := g.starting(ctx)
		if !ok {
			return fmt.Errorf("an apply or a down of instance %q is under way with PID %d: try again when it is over", g.instance, held.PID)
		}
		if err := g.sameManifests(ctx, client, held.PID); err != nil {
			return err
		}
		if f.takeover {
			return fmt.Errorf("--takeover: a controller runs with PID %d: stop it, and start it again with --takeover", held.PID)
		}
		fmt.Fprintf(stderr, "a controller runs with PID %d: it was asked to apply\n", held.PID)
		err = client.Apply(ctx, f.allowEmpty, func(u server.ApplyUpdate) {
			if u.Change != nil {
				p.show(u.Change.Object, u.Change.Type == server.Deleted)
			}
			problems = u.Problems
		})
	case err == nil:
		defer h.release()
		problems, err = g.applyHere(ctx, h, f, p)
	}
	p.end()
	for _, problem := range problems {
		fmt.Fprintln(stderr, problem)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("not converged within %s: %s", timeout, cmp.Or(p.unready(), p.rest()))
	case err != nil:
		return err
	case p.unready() != "":
		return exitError{1, fmt.Errorf("not ready: %s", p.unready())}
	case len(problems) > 0:
		return exitError{code: 1}
	}
	return nil
}

// sameManifests refuses to ask a controller that reads another directory than the one that was meant.
func (g *globals) sameManifests(ctx context.Context, client *server.Client, pid int) error {
	about, err := client.About(ctx)
	if err != nil || about.Manifests == "" || controller.SameDirectory(about.Manifests, g.manifests) {
		return nil //nolint:nilerr // A controller of an older release does not say.
	}
	return fmt.Errorf("the controller of instance %q with PID %d reads %s, so nothing in %s was looked at: "+
		"stop that controller first, give --manifests %s, or choose another --instance",
		g.instance, pid, about.Manifests, g.manifests, about.Manifests)
}

// applyHere runs a controller of its own until everything is settled.
func (g *globals) applyHere(ctx context.Context, h *holding, f loopFlags, p *progress) ([]string, error) {
	ctx, done := h.during(ctx)
	defer func() { _ = done() }()
	e := h.engine()
	if _, err := e.Info(ctx); err != nil {
		return nil, err
	}
	store, err := openStore(status.Open, g.instanceDir())
	if err != nil {
		return nil, err
	}
	o := g.options(e, manifest.NewSource(g.newLoader(h.engine(), store, f), manifest.WithResync(f.resync)), store, g.openEvents(nil), f)
	changed := make(chan struct{}, 1)
	o.OnChange = func(ws *v1alpha1.Workspace, deleted bool) {
		p.show(ws, deleted)
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	o.Log = quietLog()
	o.Once = true
	c := controller.New(o)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	since := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !c.Settled(since) {
		select {
		case err := <-ended:
			return c.Problems(), cmp.Or(done(), err)
		case <-changed:
		case <-tick.C: // A pass that changes nothing publishes nothing.
		}
	}
	cancel()
	for _, note := range c.Notes() {
		fmt.Fprintln(stderr, note)
	}
	err = <-ended
	return c.Problems(), cmp.Or(done(), err)
}
