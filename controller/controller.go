// Package controller keeps the containers of workspaces converged on their manifests: it joins the snapshots of the
// manifests, the state of the engine and the memory of workspaces, has package plan decide what to do about each, and
// does it.
package controller

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Source delivers snapshots of the manifests.
type Source interface {
	// Run delivers a first snapshot at once and then one for each change and each resync, until ctx ends. deliver is
	// called from one goroutine.
	Run(ctx context.Context, deliver func(*manifest.Snapshot)) error
	// Rescan asks for a snapshot soon.
	Rescan()
	// AllowEmpty accepts the next snapshots even if they have no workspace, until there is one again.
	AllowEmpty()
}

// Options of a controller. All of them are required unless their comment names a default.
type Options struct {
	Instance string
	// Directory of the manifests, absolute.
	Directory string
	// Machine that the directory is on, by id, and its Host name; both empty if it has no id.
	Machine, Host string
	Engine        engine.Engine
	Source        Source
	Store         *status.Store
	// Events keep what was done and why; nil keeps nothing.
	Events *status.Events
	// Files are of the machine that the program runs on; nil for the machine's own.
	Files Files
	Log   *slog.Logger
	// Workers is how many workspaces are reconciled in parallel.
	Workers int
	// PruneDelay is how long a manifest must be gone before its workspace is removed.
	PruneDelay time.Duration
	// Resync is how often the engine's state is listed again.
	Resync time.Duration
	// Once is set for a run until everything is settled. No event shows what was changed by hand before it, so it
	// inspects each container.
	Once bool
	// Takeover allows the controller to touch containers that came from another directory or machine.
	Takeover bool
	// Own are the program's own files and directories on the host, which no workspace may mount.
	Own []string
	// Force is closed to interrupt even a replacement that has stopped the previous container, which the end of the
	// context does not interrupt; nil never is.
	Force <-chan struct{}
	// RenameLock is shared with other processes on the engine; nil if there are none.
	RenameLock engine.RenameLock
	// Metrics count what the controller does; nil for none.
	Metrics Metrics
	// OnChange is called after each change of a workspace's status, from many goroutines; nil is not called. deleted
	// is set if the workspace is gone.
	OnChange func(ws *v1alpha1.Workspace, deleted bool)
}

// Controller keeps the containers of one instance converged on its manifests.
type Controller struct {
	parts      *parts
	source     Source
	metrics    Metrics
	records    *records
	desired    *desired
	states     *states
	dispatch   *dispatcher
	watch      *watcher
	reconciler *reconciler
	probes     *probes
	setups     *setups
	heartbeats *heartbeats
	resync     time.Duration
	log        *slog.Logger
	// full has the next snapshot queue every workspace.
	full atomic.Bool
	// changed is sent when a wait may be over. ended is closed when Run returns.
	changed *broadcast
	ended   chan struct{}
}

// New returns a controller; Run runs it.
func New(o Options) *Controller {
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	beats, changed := newHeartbeats(), newBroadcast()
	d := newDispatcher(o.Workers, o.Resync, beats, o.Metrics.Queue())
	p := assemble(o, changed, d.queue.AddAfter)
	c := &Controller{
		parts: p, source: o.Source, metrics: o.Metrics, records: p.records, desired: p.desired, states: p.publisher.states,
		dispatch: d, setups: p.setups, heartbeats: beats, resync: o.Resync, log: o.Log, changed: changed, ended: make(chan struct{}),
		probes: newProbes(p.engine, p.records, o.Log, func(name string) { d.add(name) }),
	}
	c.watch = &watcher{
		engine: p.engine, cache: p.cache, gather: p.gather, connection: p.connection, records: p.records, publisher: p.publisher,
		dispatch: d, heartbeats: beats, changed: changed, metrics: o.Metrics, log: o.Log, resync: o.Resync, once: o.Once,
		relist: make(chan struct{}, 1),
	}
	c.reconciler = &reconciler{
		connection: p.connection, gather: p.gather, records: p.records, publisher: p.publisher, executor: p.executor,
		setups: p.setups, probes: c.probes, dispatch: d, rescan: func() { o.Source.Rescan() }, log: o.Log,
	}
	return c
}

// Run reconciles until ctx ends; then it returns nil, and leaves every workspace as it is.
func (c *Controller) Run(ctx context.Context) error {
	defer close(c.ended)
	group, ctx := errgroup.WithContext(ctx)
	first := make(chan struct{})
	var once sync.Once
	c.heartbeats.beat(componentSource, 0)
	c.heartbeats.beat(componentEngine, 0)
	group.Go(func() error {
		return c.source.Run(ctx, func(s *manifest.Snapshot) {
			c.take(s)
			once.Do(func() { close(first) })
		})
	})
	group.Go(func() error { return c.watch.run(ctx) })
	group.Go(func() error {
		defer c.probes.stopAll()
		defer c.setups.abandonAll()
		select {
		case <-first: // Nothing is planned, let alone removed, before the manifests were read once.
			c.dispatch.run(ctx, c.reconcile)
		case <-ctx.Done():
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		c.dispatch.queue.ShutDown()
		return nil
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// reconcile reconciles one workspace, and queues it again as the outcome asks.
func (c *Controller) reconcile(ctx context.Context, name string, t *token) {
	began := time.Now()
	out, err := c.reconciler.reconcile(ctx, name, t)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		// The controller is ending. The next one continues from what the engine has then.
	case errors.Is(err, engine.ErrUnavailable):
		c.parts.publisher.publishUnreachable(name, err)
		out = out.again(reconnectDelay)
	default:
		c.log.Warn("reconcile ended early", "workspace", name, "error", err)
		out = out.again(plan.Delay(1))
	}
	if out.requeue {
		c.dispatch.queue.AddAfter(name, out.after)
	}
	c.metrics.Reconciled(out.result, time.Since(began))
}

// take accepts a snapshot and queues what it changes.
func (c *Controller) take(s *manifest.Snapshot) {
	defer c.changed.send()
	c.heartbeats.beat(componentSource, c.resync)
	if c.records.retry() {
		c.dispatch.add(c.parts.gather.names()...)
	}
	if s.Identity != "" && s.Identity != c.records.store.Instance().DirectoryIdentity {
		c.records.persisted(c.records.store.UpdateInstance(func(i *status.Instance) { i.DirectoryIdentity = s.Identity }))
	}
	change := c.desired.take(s, c.parts.gather.recorded())
	for _, name := range change.edited {
		c.parts.publisher.publishEdited(name)
	}
	for _, name := range change.superseded {
		c.dispatch.supersede(name)
	}
	for _, report := range change.reports {
		c.records.reportChange(report)
	}
	c.desired.published(s)
	if c.full.Swap(false) {
		change.changed = c.parts.gather.names()
	}
	c.dispatch.add(change.changed...)
}

// Rescan has the manifests read and the engine's state listed again, and then every workspace reconciled.
func (c *Controller) Rescan() {
	c.full.Store(true)
	select {
	case c.watch.relist <- struct{}{}:
	default:
	}
	c.source.Rescan()
}

// AllowEmpty accepts manifests that leave no workspace, from the next Rescan on.
func (c *Controller) AllowEmpty() { c.source.AllowEmpty() }

// request publishes that a user requested something about a workspace, and queues the workspace. From now on it is
// not ready: a wait that begins after the request must not see the previous state.
func (c *Controller) request(name, reason, message string) {
	c.parts.publisher.publishVerdict(name, plan.Verdict{}, reason, message)
	c.dispatch.add(name)
}
