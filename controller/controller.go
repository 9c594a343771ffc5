// Package controller is the loop: it joins the manifests' snapshots, the engine's state and the memory of workspaces, asks
// package plan what to do about each, and does it.
package controller

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Source delivers snapshots of the manifests.
type Source interface {
	// Run delivers a first snapshot at once and then one for every change and every resync, until ctx ends. deliver is
	// called from one goroutine.
	Run(ctx context.Context, deliver func(*manifest.Snapshot)) error
	// Rescan asks for a snapshot soon.
	Rescan()
	// AllowEmpty believes the next snapshots also where they leave no workspace, until there is one again.
	AllowEmpty()
}

// Options of a controller. All of them are required but Events and OnChange.
type Options struct {
	Instance string
	// Directory of the manifests, absolute.
	Directory string
	// Machine that the directory is on, by id, and its Host name; both empty where it has no id.
	Machine, Host string
	Engine        engine.Engine
	Source        Source
	Store         *status.Store
	// Events keep what was done and why; nil keeps nothing.
	Events *status.Events
	// Files are of the machine that the program runs on; nil for the machine's own.
	Files Files
	Clock clock.WithTicker
	Log   *slog.Logger
	// Workers is how many workspaces are worked on in parallel.
	Workers int
	// PruneDelay is how long a manifest must be gone before its workspace is removed.
	PruneDelay time.Duration
	// Resync is how often the engine's state is listed anew.
	Resync time.Duration
	// Once says that this run answers once: no event tells it what was changed by hand before, so it inspects each container.
	Once bool
	// Takeover allows to touch containers that came from another directory or machine.
	Takeover bool
	// Own are the program's own files and directories on the host, which no workspace may mount.
	Own []string
	// Force is closed when what the end of the context does not interrupt is to be interrupted, too: a replacement that has
	// stopped the previous container. nil never is.
	Force <-chan struct{}
	// RenameLock is shared with other processes on the engine; nil if there are none.
	RenameLock engine.RenameLock
	// Metrics count what the loop does; nil for none.
	Metrics Metrics
	// OnChange is called after each change of a workspace's status, from many goroutines; deleted says that it is gone.
	OnChange func(ws *v1alpha1.Workspace, deleted bool)
}

// Controller keeps the containers of one instance converged on its manifests.
type Controller struct {
	Options
	queue   workqueue.TypedDelayingInterface[string]
	slots   chan struct{}
	cache   *cache.Cache
	desired *desired
	images  *images
	probes  *probes
	setups  *setups
	states  *states
	writers writers
	looks   looks

	connection connection
	heartbeats *heartbeats
	// changed is sent when a wait may be over, ended is closed when Run returns.
	changed *broadcast
	ended   chan struct{}

	// full asks the next snapshot to queue every workspace, relist the engine's state to be listed now.
	full   atomic.Bool
	relist chan struct{}
	// unsaved is why something of the state is not on the disk, nil where all is.
	unsaved atomic.Pointer[error]

	mu sync.Mutex
	// settle is how long what took the place of a source must have stood still.
	settle time.Duration
	// latest event seen, by the engine's clock.
	latest time.Time
	// running are the interruptible works by workspace.
	running map[string]context.CancelCauseFunc
}

// errSuperseded interrupts work on a spec that is not wanted any more.
var errSuperseded = errors.New("a newer spec came")

// New makes a controller; Run runs it.
func New(o Options) *Controller {
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	if o.Files == nil {
		o.Files = hostfile.Host{}
	}
	renames := []engine.RenameLock{engine.NewRenameLock()}
	if o.RenameLock != nil {
		renames = append(renames, o.RenameLock)
	}
	c := &Controller{
		Options: o,
		slots:   make(chan struct{}, o.Workers),
		desired: newDesired(o.Directory),
		changed: newBroadcast(),
		ended:   make(chan struct{}),

		heartbeats: newHeartbeats(),

		running: map[string]context.CancelCauseFunc{},
		relist:  make(chan struct{}, 1),
		settle:  plan.SourceSettle,
	}
	// SafeRenames wraps Deadlines: waiting for the lock does not make the engine unresponsive. CheckedBinds wraps SafeRenames: a
	// container that it stops again after the start must respect the lock, too.
	c.Engine = engine.SafeRenames(engine.Deadlines(o.Engine), renames...)
	c.Engine = engine.CheckedBinds(c.Engine, engine.HostPaths{Own: o.Own, Writable: c.writable})
	c.queue = workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
		Clock: o.Clock, Name: "workspaces", MetricsProvider: o.Metrics.Queue(),
	})
	c.states = newStates(c.changed)
	c.cache = cache.New(c.Engine, o.Instance, c.owned)
	c.images = newImages(c.Engine)
	c.probes = newProbes(c)
	c.setups = newSetups(c)
	return c
}

// Run reconciles until ctx ends; then it returns nil, and leaves every workspace as it is.
func (c *Controller) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	first := make(chan struct{})
	var once sync.Once
	defer close(c.ended)
	c.heartbeats.beat(componentSource, 0)
	c.heartbeats.beat(componentEngine, 0)
	group.Go(func() error {
		return c.Source.Run(ctx, func(s *manifest.Snapshot) {
			c.take(s)
			once.Do(func() { close(first) })
		})
	})
	group.Go(func() error { return c.watchEngine(ctx) })
	group.Go(func() error {
		defer c.probes.stopAll()
		defer c.setups.leaveAll()
		select {
		case <-first: // Nothing is planned, let alone removed, before the manifests were read once.
			c.work(ctx)
		case <-ctx.Done():
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		c.queue.ShutDown()
		return nil
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Rescan asks for everything to be read anew, now: the manifests, the engine's state, and a pass over every workspace.
func (c *Controller) Rescan() {
	c.full.Store(true)
	select {
	case c.relist <- struct{}{}:
	default:
	}
	c.Source.Rescan()
}

// AllowEmpty is a person's word that the manifests are meant to leave no workspace. It counts from the next Rescan on.
func (c *Controller) AllowEmpty() { c.Source.AllowEmpty() }

// take accepts a snapshot and queues what it changes.
func (c *Controller) take(s *manifest.Snapshot) {
	defer c.changed.send()
	c.heartbeats.beat(componentSource, c.Resync)
	c.save()
	if s.Identity != "" && s.Identity != c.Store.Instance().DirectoryIdentity {
		c.keep(c.Store.UpdateInstance(func(i *status.Instance) { i.DirectoryIdentity = s.Identity }))
	}
	ch := c.desired.take(s, c.known())
	for _, name := range ch.edited {
		c.showEdited(name)
	}
	for _, name := range ch.superseded {
		c.interrupt(name)
	}
	for _, n := range ch.news {
		c.tell(n)
	}
	c.desired.taken(s)
	if c.full.Swap(false) {
		ch.changed = c.names()
	}
	for _, name := range ch.changed {
		c.queue.Add(name)
	}
}

// owned reports whether a container belongs to one of the instance's workspaces.
func (c *Controller) owned(container engine.Container) bool {
	return plan.Owned(c.Instance, c.Store.Get(container.Labels[v1alpha1.LabelWorkspace]).Memory, container)
}

// writable are the host paths that containers of the instance can write through their bind mounts.
func (c *Controller) writable() []string {
	var paths []string
	for _, container := range c.cache.All() {
		for _, b := range container.Binds {
			if !b.ReadOnly {
				paths = append(paths, b.Source)
			}
		}
	}
	return paths
}

// known are the workspaces that exist apart from the manifests: in the engine, or in memory.
func (c *Controller) known() []string {
	return append(c.cache.Workspaces(), c.Store.Names()...)
}

// names are all workspaces, each once.
func (c *Controller) names() []string {
	seen := map[string]bool{}
	var names []string
	for _, name := range append(c.desired.names(), c.known()...) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
