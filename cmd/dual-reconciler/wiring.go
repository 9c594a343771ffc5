package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/machine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/controller/verify"
)

// loopFlags are the flags of the verbs that run a controller.
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
	flags.DurationVar(&f.pruneDelay, "prune-delay", 2*time.Second,
		"how long a manifest must be gone before its workspace is removed")
	flags.DurationVar(&f.resync, "resync", manifest.DefaultResync,
		"how often everything is read again although no change was reported")
	flags.BoolVar(&f.takeover, "takeover", false, takeoverUsage)
	f.registerAllowEmpty(cmd)
}

func (f *loopFlags) registerAllowEmpty(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.allowEmpty, "allow-empty", false,
		"accept manifests that leave none of several workspaces, or a directory that replaced the previous one")
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

// workEngine is all that the verbs need of an engine.
type workEngine interface {
	engine.Engine
	engine.Shell
	verify.Measurer
	Close() error
}

// connectDocker returns the engine that the docker client would use.
func connectDocker() (workEngine, error) {
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
		manifest.WithCurrentFile(func(workspace string) string {
			return store.Get(workspace).Status.Manifest.File
		}),
		manifest.WithRecorded(func(workspace string) (manifest.Recorded, error) { return g.recorded(e, workspace) }),
	)...)
}

// noticeUnsettled returns a function that prints which files are waited for, once the wait has taken a while.
func (g *globals) noticeUnsettled() func(manifest.Unsettled) {
	began := time.Now()
	noticed := map[string]bool{}
	return func(u manifest.Unsettled) {
		if time.Since(began) >= noticeAfter && !noticed[u.File] {
			noticed[u.File] = true
			fmt.Fprintln(g.Err, u)
		}
	}
}

// hostPaths are what no workspace may mount: the state directory, and the socket of the engine, however it is
// configured.
func (g *globals) hostPaths() []manifest.Option {
	options := []manifest.Option{manifest.WithOwnPaths(g.stateDir)}
	if address, err := docker.Address(docker.Options{}); err == nil {
		options = append(options, manifest.WithEngineSockets(hostpath.EngineSockets(address)))
	}
	return options
}

// created lists the workspaces of these manifests for which a container was created.
func (g *globals) created(store *status.Store) []string {
	return slices.DeleteFunc(store.Names(), func(name string) bool {
		r := store.Get(name)
		m := r.Memory
		return m.ContainerID == "" && r.Status.ContainerID == "" ||
			m.Adopted != nil && !controller.SameDirectory(m.Adopted.Directory, g.manifests)
	})
}

// openStore opens the state, and logs which of it could not be used.
func openStore(open func(string) (*status.Store, error), dir string) (*status.Store, error) {
	store, err := open(dir)
	if store == nil {
		return nil, err
	}
	if err != nil {
		slog.Warn("some stored state is not used", "error", err)
	}
	return store, nil
}

// openEvents opens the persisted events; onRecord may be nil.
func (g *globals) openEvents(onRecord func(status.Event)) *status.Events {
	events, err := status.OpenEvents(g.instanceDir(), onRecord)
	if err != nil {
		slog.Warn("some stored events are not used", "error", err)
	}
	return events
}

// options wires a controller; source and events may be nil.
func (g *globals) options(
	e engine.Engine, source controller.Source, store *status.Store, events *status.Events, f loopFlags,
) controller.Options {
	m, err := machine.Current(g.stateDir)
	if err != nil {
		slog.Warn("new containers do not record which machine they came from", "error", err)
	}
	return controller.Options{
		Instance: g.instance, Machine: m.ID, Host: m.Host, Directory: g.manifests,
		Engine: e, Source: source, Store: store, Events: events, Log: slog.Default(),
		Workers: f.workers, PruneDelay: f.pruneDelay, Resync: f.resync, Takeover: f.takeover,
		Force: g.force, Own: []string{g.stateDir}, RenameLock: g.renames,
	}
}

// preview plans every workspace on the present manifests and engine, and changes nothing.
func (g *globals) preview(ctx context.Context, f loopFlags) ([]controller.Previewed, *manifest.Snapshot, error) {
	e, err := g.connect()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = e.Close() }()
	store, err := openStore(status.OpenReadOnly, g.instanceDir())
	if err != nil {
		return nil, nil, err
	}
	f.workers, f.resync = 1, manifest.DefaultResync
	snapshot := g.newLoader(e, store, f).LoadSettled(ctx, g.noticeUnsettled())
	previewed, err := controller.Preview(ctx, g.options(e, nil, store, nil, f), snapshot)
	return previewed, snapshot, err
}
