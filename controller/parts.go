package controller

import (
	"context"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// parts are what plans are made and carried out with: by the loop of a Controller, and by Preview, Down, Restart,
// Recreate and Approve, which need neither a queue nor probes.
type parts struct {
	options    Options
	engine     engine.Engine
	records    *records
	connection *connection
	cache      *cache.Cache
	desired    *desired
	gather     *gatherer
	publisher  *publisher
	setups     *setups
	executor   *executor
}

// newParts returns the parts for work outside of the loop: a setup is waited for, and nothing is requeued.
func newParts(o Options) *parts {
	p := assemble(o, newBroadcast(), func(string, time.Duration) {})
	p.executor.waitsForSetups = true
	return p
}

// connectedParts is newParts with what the engine has and what the manifests in s define.
func connectedParts(ctx context.Context, o Options, s *manifest.Snapshot) (*parts, error) {
	p := newParts(o)
	info, err := p.engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	p.connection.connect(info)
	if _, err := p.gather.list(ctx); err != nil {
		return nil, err
	}
	p.desired.take(s, p.gather.recorded())
	return p, nil
}

// assemble wires the parts. requeue has a workspace reconciled again after some time.
func assemble(o Options, changed *broadcast, requeue func(name string, after time.Duration)) *parts {
	p := &parts{options: o, connection: &connection{}, desired: newDesired(), setups: newSetups(requeue)}
	p.records = &records{store: o.Store, events: o.Events, log: o.Log}
	p.engine = decorated(o, p.writablePaths)
	p.cache = cache.New(p.engine, o.Instance, p.owned)
	files := o.Files
	if files == nil {
		files = hostfile.Host{}
	}
	metrics := o.Metrics
	if metrics == nil {
		metrics = noMetrics{}
	}
	images := newImages(p.engine)
	sources := &sources{files: files, connection: p.connection, settle: plan.SourceSettle}
	p.publisher = &publisher{
		states: newStates(changed), records: p.records, desired: p.desired, connection: p.connection, onChange: o.OnChange,
		requeue: func(name string) { requeue(name, 0) },
	}
	p.gather = &gatherer{
		instance: o.Instance, pruneDelay: o.PruneDelay, engine: p.engine, cache: p.cache, desired: p.desired, records: p.records,
		connection: p.connection, images: images, sources: sources, setups: p.setups,
		origins: &origins{
			directory: o.Directory, machine: o.Machine, host: o.Host, takeover: o.Takeover, paths: newUntrustedPaths(),
		},
		approvals: &approvals{connection: p.connection, cache: p.cache, desired: p.desired},
	}
	p.executor = &executor{
		engine: p.engine, cache: p.cache, records: p.records, publisher: p.publisher, images: images, setups: p.setups,
		sources: sources, metrics: metrics, log: o.Log, directory: o.Directory, force: o.Force,
		removable: p.desired.stillAbsent, volumesOfOthers: p.gather.volumesOfOthers,
	}
	return p
}

// decorated returns the engine as the controller uses it. SafeRenames wraps Deadlines: waiting for the lock does not
// make the engine unresponsive. CheckedBinds wraps SafeRenames: a container that it stops again after the start must
// respect the lock, too.
func decorated(o Options, writable func() []string) engine.Engine {
	renames := []engine.RenameLock{engine.NewRenameLock()}
	if o.RenameLock != nil {
		renames = append(renames, o.RenameLock)
	}
	e := engine.SafeRenames(engine.Deadlines(o.Engine), renames...)
	return engine.CheckedBinds(e, engine.HostPaths{Own: o.Own, Writable: writable})
}

// owned reports whether a container belongs to one of the instance's workspaces.
func (p *parts) owned(c engine.Container) bool {
	return plan.Owned(p.options.Instance, p.records.memory(c.Labels[v1alpha1.LabelWorkspace]), c)
}

// writablePaths returns the host paths that containers of the instance can write through their bind mounts.
func (p *parts) writablePaths() []string {
	var paths []string
	for _, container := range p.cache.All() {
		for _, b := range container.Binds {
			if !b.ReadOnly {
				paths = append(paths, b.Source)
			}
		}
	}
	return paths
}
