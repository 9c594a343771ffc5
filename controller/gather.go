package controller

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// gatherer builds the input of plans, from what is desired, what the engine has and what is remembered. It only
// reads. It is the only builder of plan.Input: what the loop does, what a preview shows and what a one-shot does
// cannot differ.
type gatherer struct {
	instance   string
	pruneDelay time.Duration
	engine     engine.Reader
	cache      *cache.Cache
	desired    *desired
	records    *records
	connection *connection
	images     *images
	origins    *origins
	approvals  *approvals
	sources    *sources
	setups     *setups
}

// target is what a workspace is to become.
type target struct {
	desired *plan.Desired
	absent  plan.Absence
	// manifest is nil if no manifest defines the workspace.
	manifest *manifest.Workspace
	// request changes the memory as a user's request does; nil for none.
	request func(plan.Memory) plan.Memory
}

// view is what one reconcile knows about a workspace.
type view struct {
	in plan.Input
	// manifest is nil if no manifest defines the workspace.
	manifest *manifest.Workspace
	// snapshot is when the manifests were read.
	snapshot time.Time
	// lease is the right of the reconcile to publish the workspace's state.
	lease lease
}

// isNothing reports whether neither a manifest nor the engine has the workspace, and nothing is left to do.
func (v view) isNothing(p plan.Plan) bool {
	return v.in.Desired == nil && len(v.in.Containers) == 0 && !p.Mutates()
}

// plan plans for what the manifests ask of a workspace.
func (g *gatherer) plan(ctx context.Context, name string) (view, plan.Plan, error) {
	return g.planFor(ctx, name, g.desired.of(name))
}

// planFor plans for a target.
func (g *gatherer) planFor(ctx context.Context, name string, t target) (view, plan.Plan, error) {
	v, err := g.gather(ctx, name, t)
	if err != nil {
		return view{}, plan.Plan{}, err
	}
	p := plan.Make(v.in)
	if v.in.Taken, err = g.taken(ctx, p.Names(v.in)); err != nil {
		return view{}, plan.Plan{}, err
	}
	if len(v.in.Taken) > 0 {
		p = plan.Make(v.in)
	}
	if !slices.ContainsFunc(p.Actions, func(a plan.Action) bool { return a.Kind == plan.KindUpdate }) {
		for _, container := range v.in.Containers {
			if container.Details != nil {
				g.cache.LimitsKnown(container.ID)
			}
		}
	}
	return v, p, nil
}

// gather collects what is known about a workspace, and asks the engine for the rest.
func (g *gatherer) gather(ctx context.Context, name string, t target) (view, error) {
	containers, err := g.cache.Refresh(ctx, name)
	if err != nil {
		return view{}, err
	}
	info := g.connection.now().info
	v := view{manifest: t.manifest, snapshot: t.absent.Confirmed, in: plan.Input{
		Now: time.Now(), Instance: g.instance, Name: name, Desired: t.desired, Absent: t.absent, Containers: containers,
		CPUs: info.CPUs, FixedLimits: info.FixedLimits, Memory: g.records.memory(name), Setup: g.setups.running(name),
	}}
	in := &v.in
	if t.request != nil {
		in.Memory = t.request(in.Memory)
	}
	in.Absent.Delay = g.pruneDelay
	g.origins.complete(in)
	g.approvals.complete(in, t.manifest)
	if t.manifest != nil {
		g.sources.complete(in, t.manifest.Hosts)
	}
	if err := g.inspect(ctx, in); err != nil {
		return view{}, err
	}
	g.sources.completeMounted(in)
	in.Memory = plan.Remember(*in)
	needs := plan.NeedsOf(*in)
	if needs.Image {
		if in.ImageID, err = g.imageID(ctx, *in); err != nil {
			return view{}, err
		}
		in.ImagePresent = in.ImageID != ""
	}
	if needs.Volumes {
		in.NamedElsewhere = g.volumesOfOthers(name)
		if in.Volumes, err = g.engine.Volumes(ctx, g.instance); err != nil {
			return view{}, err
		}
	}
	return v, nil
}

// known returns what is known about a workspace without asking the engine.
func (g *gatherer) known(name string) plan.Input {
	in := plan.Input{Instance: g.instance, Name: name, Containers: g.cache.Of(name), Memory: g.records.memory(name)}
	g.origins.complete(&in)
	return in
}

// inspect fills in the details that the plan depends on.
func (g *gatherer) inspect(ctx context.Context, in *plan.Input) error {
	needed := plan.NeedsOf(*in).Inspect
	var out []engine.Container
	for _, container := range in.Containers {
		if container.Details == nil && (slices.Contains(needed, container.ID) || g.cache.LimitsUnknown(container.ID)) {
			inspected, err := g.engine.Inspect(ctx, container.ID)
			if errors.Is(err, engine.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			inspected.Untagged = container.Untagged
			container = inspected
		}
		out = append(out, container)
	}
	in.Containers = out
	return nil
}

// imageID returns the image that the desired reference means now; "" if there is none. A container whose reference
// was moved shows that what is remembered of the reference is stale.
func (g *gatherer) imageID(ctx context.Context, in plan.Input) (string, error) {
	ref := in.Desired.Spec.Image
	id, err := g.images.id(ctx, ref)
	if err != nil || !slices.ContainsFunc(in.Containers, func(c engine.Container) bool { return c.Untagged && c.ImageID == id }) {
		return id, err
	}
	g.images.forget(ref)
	return g.images.id(ctx, ref)
}

// taken returns the containers that hold one of the names. The planner does not ask for the names of the plan's own
// containers.
func (g *gatherer) taken(ctx context.Context, names []string) (map[string]string, error) {
	var taken map[string]string
	for _, name := range names {
		holder, err := g.engine.Inspect(ctx, name)
		switch {
		case errors.Is(err, engine.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		if taken == nil {
			taken = map[string]string{}
		}
		taken[name] = holder.ID
	}
	return taken, nil
}

// list lists the engine's containers, and returns the workspaces whose containers changed.
func (g *gatherer) list(ctx context.Context) (changed []string, err error) {
	if changed, err = g.cache.List(ctx); err == nil {
		g.approvals.writers.note(g.cache.All(), time.Now())
	}
	return changed, err
}

// recorded returns the workspaces that exist apart from the manifests: in the engine, or in the records.
func (g *gatherer) recorded() []string {
	return append(g.cache.Workspaces(), g.records.store.Names()...)
}

// names returns all workspaces, each once.
func (g *gatherer) names() []string {
	seen := map[string]bool{}
	var names []string
	for _, name := range append(g.desired.names(), g.recorded()...) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// volumesOfOthers returns the volumes that another workspace names: in its manifest, which counts even if it is not
// ready, or in the last-applied spec of its container, which counts even if its manifest cannot be read.
func (g *gatherer) volumesOfOthers(name string) map[string]bool {
	named := map[string]bool{}
	add := func(spec v1alpha1.WorkspaceSpec) {
		for _, m := range spec.Mounts {
			if m.Name != "" {
				named[m.Name] = true
			}
		}
	}
	if s := g.desired.latest(); s != nil {
		for other, w := range s.Workspaces {
			if other != name {
				add(w.Spec)
			}
		}
	}
	for _, container := range g.cache.All() {
		if container.Labels[v1alpha1.LabelWorkspace] == name {
			continue
		}
		if record, err := specdiff.Parse(container.Labels[v1alpha1.LabelSpec]); err == nil {
			add(record.WorkspaceSpec)
		}
	}
	return named
}
