package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
	"github.com/dual-dev/dual-reconciler/controller/machine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// loopFlags are the flags of the verbs that change containers.
type loopFlags struct {
	workers    int
	pruneDelay time.Duration
	resync     time.Duration
	takeover   bool
	allowEmpty bool
}

func (f *loopFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.workers, "workers", 8, "how many workspaces are worked on in parallel")
	flags.DurationVar(&f.pruneDelay, "prune-delay", 2*time.Second, "how long a manifest must be gone before its workspace is removed")
	flags.DurationVar(&f.resync, "resync", manifest.DefaultResync, "how often everything is read anew although nothing was reported")
	flags.BoolVar(&f.takeover, "takeover", false, takeoverUsage)
	f.registerAllowEmpty(cmd)
}

func (f *loopFlags) registerAllowEmpty(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.allowEmpty, "allow-empty", false,
		"believe manifests that leave none of several workspaces, or a directory that is not the one of before")
}

// takeoverUsage is the help of --takeover.
const takeoverUsage = "touch containers that came from another directory of manifests or another machine, and trust a directory that is empty"

func (f *loopFlags) check() error {
	switch {
	case f.workers < 1:
		return errors.New("--workers must be at least 1")
	case f.resync < time.Second:
		return errors.New("--resync must be at least 1s")
	case f.pruneDelay < 0:
		return errors.New("--prune-delay must not be negative")
	}
	return nil
}

// newEngine connects to the engine that the docker client would use.
func newEngine() (*docker.Engine, error) {
	return docker.New(docker.Options{UserAgent: "dual-reconciler/" + version()})
}

// newLoader reads the manifests, with what the store remembers of earlier reads.
func (g *globals) newLoader(e engine.Reader, store *status.Store, f loopFlags) *manifest.Loader {
	return manifest.NewLoader(g.manifests, append(g.hostPaths(),
		manifest.WithSettle(max(f.pruneDelay, manifest.DefaultSettle)),
		manifest.WithKnownIdentity(store.Instance().DirectoryIdentity),
		manifest.WithKnown(func() []string { return g.created(store) }),
		manifest.WithTrustedDirectory(f.takeover),
		manifest.WithAllowEmpty(f.allowEmpty),
		manifest.WithInForce(func(workspace string) string {
			place := store.Get(workspace).Status.Manifest // file:line
			return place[:max(0, strings.LastIndex(place, ":"))]
		}),
		manifest.WithRecorded(func(workspace string) (manifest.Recorded, error) { return g.recorded(e, workspace) }),
	)...)
}

// hostPaths are what no workspace may mount: the socket of the engine in use, however it was found, and the state.
func (g *globals) hostPaths() []manifest.Option {
	options := []manifest.Option{manifest.WithOwnPaths(g.stateDir)}
	if address, err := docker.Address(docker.Options{}); err == nil {
		options = append(options, manifest.WithEngineSockets(v1alpha1.EngineSockets(address)))
	}
	return options
}

// created are the workspaces of these manifests that a container was created for.
func (g *globals) created(store *status.Store) []string {
	return slices.DeleteFunc(store.Names(), func(name string) bool {
		r := store.Get(name)
		m := r.Memory
		return m.ContainerID == "" && r.Status.ContainerID == "" || m.Adopted != nil && !controller.SameDirectory(m.Adopted.Directory, g.manifests)
	})
}

// openStore reads the state and logs what of it could not be used.
func openStore(open func(string) (*status.Store, error), dir string) (*status.Store, error) {
	store, err := open(dir)
	if store == nil {
		return nil, err
	}
	if err != nil {
		slog.Warn("some kept state is not used", "error", err)
	}
	return store, nil
}

// options wires a controller; events may be nil.
func (g *globals) options(e engine.Engine, source controller.Source, store *status.Store, events *status.Events, f loopFlags) controller.Options {
	m, err := machine.Current(g.stateDir)
	if err != nil {
		slog.Warn("new containers do not say which machine they came from", "error", err)
	}
	return controller.Options{
		Instance: g.instance, Machine: m.ID, Host: m.Host, Directory: g.manifests, Engine: e, Source: source, Store: store, Events: events, Clock: clock.RealClock{},
		Log: slog.Default(), Workers: f.workers, PruneDelay: f.pruneDelay, Resync: f.resync, Takeover: f.takeover, Force: g.force,
		Own: []string{g.stateDir}, Turns: g.turns,
	}
}

// preview plans every workspace on what is now, and changes nothing.
func (g *globals) preview(ctx context.Context, f loopFlags) ([]controller.Previewed, *manifest.Snapshot, error) {
	e, err := newEngine()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = e.Close() }()
	store, err := openStore(status.OpenReadOnly, g.instanceDir())
	if err != nil {
		return nil, nil, err
	}
	f.workers, f.resync = 1, manifest.DefaultResync
	snapshot := g.newLoader(e, store, f).LoadSettled(ctx, sayWaiting())
	previewed, err := controller.Preview(ctx, g.options(e, nil, store, nil, f), snapshot)
	return previewed, snapshot, err
}

// openEvents reads the kept events; onRecord may be nil.
func (g *globals) openEvents(onRecord func(v1alpha1.Event)) *status.Events {
	events, err := status.OpenEvents(g.instanceDir(), onRecord)
	if err != nil {
		slog.Warn("some kept events are not used", "error", err)
	}
	return events
}

// holdOffline is hold, with what works on an instance without looking at manifests.
func (g *globals) holdOffline(ctx context.Context) (*holding, controller.Options, error) {
	h, err := g.hold(ctx, silently)
	if err != nil {
		return nil, controller.Options{}, err
	}
	o, err := g.offline(h.engine())
	if err != nil {
		h.release()
		return nil, o, err
	}
	return h, o, nil
}

// offline wires what works on an instance without looking at manifests; the caller holds the lock.
func (g *globals) offline(e engine.Engine) (controller.Options, error) {
	store, err := openStore(status.Open, g.instanceDir())
	if err != nil {
		return controller.Options{}, err
	}
	o := g.options(e, nil, store, g.openEvents(nil), loopFlags{workers: 8, resync: manifest.DefaultResync})
	o.Log = quietLog()
	return o, nil
}
