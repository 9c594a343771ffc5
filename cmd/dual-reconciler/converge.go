package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// converge applies the manifests once, by the running controller or by one in this process. It returns the faults of
// the manifests and the reasons why removals are held.
func (g *globals) converge(ctx context.Context, f loopFlags, p *print.Progress) ([]string, error) {
	h, err := g.hold(ctx, silently)
	var held *instance.HeldError
	switch {
	case err == nil:
		defer h.release()
		return g.convergeHere(ctx, h, f, p)
	case errors.As(err, &held) && held.StateDir == "":
		return g.askToConverge(ctx, held.PID, f, p)
	}
	// If the holder has another state directory, its socket cannot be found.
	return nil, err
}

// askToConverge has the controller with this PID apply the manifests, and follows it.
func (g *globals) askToConverge(
	ctx context.Context, pid int, f loopFlags, p *print.Progress,
) (problems []string, err error) {
	client, ok := g.starting(ctx)
	if !ok {
		return nil, fmt.Errorf("an apply or a down of instance %q is under way with PID %d: try again when it is over",
			g.instance, pid)
	}
	if err := g.sameManifests(ctx, client, pid); err != nil {
		return nil, err
	}
	if f.takeover {
		return nil, fmt.Errorf("--takeover: a controller runs with PID %d: stop it, and start it again "+
			"with --takeover", pid)
	}
	fmt.Fprintf(g.Err, "a controller runs with PID %d: it was asked to apply\n", pid)
	err = client.Apply(ctx, f.allowEmpty, func(u server.ApplyUpdate) {
		if u.Change != nil {
			p.Show(u.Change.Object, u.Change.Type == server.Deleted)
		}
		problems = u.Problems
	})
	p.End()
	return problems, err
}

// sameManifests refuses to ask a controller that reads another directory than the user named.
func (g *globals) sameManifests(ctx context.Context, client *server.Client, pid int) error {
	about, err := client.About(ctx)
	if err != nil || about.Manifests == "" || controller.SameDirectory(about.Manifests, g.manifests) {
		return nil //nolint:nilerr // A controller of an older release does not report its directory.
	}
	return fmt.Errorf("the controller of instance %q with PID %d reads %s, so nothing in %s was looked at: "+
		"stop that controller first, give --manifests %s, or choose another --instance",
		g.instance, pid, about.Manifests, g.manifests, about.Manifests)
}

// convergeHere runs a controller until everything is settled.
func (g *globals) convergeHere(ctx context.Context, h *holding, f loopFlags, p *print.Progress) ([]string, error) {
	defer p.End()
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
	source := manifest.NewSource(g.newLoader(e, store, f), manifest.WithResync(f.resync))
	o := g.options(e, source, store, g.openEvents(nil), f)
	o.OnChange = p.Show
	if o.Log, err = g.logger(true); err != nil {
		return nil, err
	}
	o.Once = true
	c := controller.New(o)
	err = c.RunUntilSettled(ctx)
	if ctx.Err() == nil {
		for _, note := range c.Notes() {
			fmt.Fprintln(g.Err, note)
		}
	}
	return c.Problems(), cmp.Or(done(), err)
}
