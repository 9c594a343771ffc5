package controller

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// view is what one pass knows about a workspace.
type view struct {
	in plan.Input
	// manifest is nil where no manifest asks for the workspace.
	manifest *manifest.Workspace
	// snapshot is when the manifests were read.
	snapshot time.Time
	// turn is the right of the pass to write the workspace's status.
	turn uint64
}

// reconcile does one pass over one workspace. It is level-triggered: it depends on what is, not on why it was called.
func (c *Controller) reconcile(ctx context.Context, name string, s *slot) {
	began := c.Clock.Now()
	result := c.pass(ctx, name, s)
	c.Metrics.Reconciled(result, c.Clock.Since(began))
}

func (c *Controller) pass(ctx context.Context, name string, s *slot) Result {
	if !c.connection.isConnected() {
		c.Log.Debug("pass put off", "workspace", name, "cause", "the engine is not connected")
		if cause := c.connection.disconnected(); cause != nil {
			c.showOffline(name, cause.Error())
		}
		return ResultUnavailable // Each connection queues every workspace.
	}
	soft, done := c.interruptible(ctx, name)
	defer done()
	turn := c.states.begin(name)
	defer c.states.end(name, turn)
	v, p, err := c.plan(ctx, name)
	v.turn = turn
	if err != nil {
		c.failed(ctx, name, err)
		return resultOf(ctx, soft, err)
	}
	defer c.states.passed(name, v.snapshot)
	if v.in.Desired == nil && len(v.in.Containers) == 0 && !p.Mutates() {
		c.forget(name)
		return ResultUnchanged
	}
	c.remember(name, func(m plan.Memory) plan.Memory {
		// A probe or a user may have written meanwhile, so the memory is brought up to date again and not overwritten.
		now := v.in
		now.Memory = m
		return plan.Remember(now).Planned(p)
	})
	if !p.Mutates() {
		c.show(v, p, "", "")
	}
	c.schedule(name, v, p)
	if p.SetupLimit > 0 {
		c.setups.limit(name, p.SetupLimit)
	}
	if len(p.Actions) == 0 {
		c.Log.Debug("nothing to do", "workspace", name, "reason", p.Verdict.Reason, "cause", p.Verdict.Message.In(time.Local))
		c.probes.follow(v, p.Current)
		return ResultUnchanged
	}
	c.probes.stop(name)
	err = c.execute(ctx, soft, v, p, s)
	result := resultOf(ctx, soft, err)
	switch {
	case errors.Is(err, engine.ErrBusy):
		c.Log.Debug("put off", "workspace", name, "cause", err)
		c.queue.AddAfter(name, busyDelay)
		return result
	case isStepError(err): // The next pass plans with the failure in memory.
	case errors.Is(err, errWantedAgain):
		c.Log.Info(err.Error(), "workspace", name)
	case errors.Is(context.Cause(soft), errSuperseded):
		c.Log.Debug("pass interrupted", "workspace", name, "cause", errSuperseded)
	case err != nil:
		c.failed(ctx, name, err)
		return result
	}
	c.queue.Add(name) // Done when a pass finds nothing to do.
	return result
}

// failed ends a pass that could not be carried through for a reason that is not the workspace's.
func (c *Controller) failed(ctx context.Context, name string, err error) {
	switch {
	case ctx.Err() != nil:
		// The controller is ending; the next one continues from what is.
	case errors.Is(err, engine.ErrUnavailable):
		c.showOffline(name, err.Error())
		c.queue.AddAfter(name, reconnectDelay)
	default:
		c.Log.Warn("pass ended early", "workspace", name, "error", err)
		c.queue.AddAfter(name, plan.Delay(1))
	}
}

// plan collects what is known about a workspace and plans. It only reads.
func (c *Controller) plan(ctx context.Context, name string) (view, plan.Plan, error) {
	containers, err := c.cache.Refresh(ctx, name)
	if err != nil {
		return view{}, plan.Plan{}, err
	}
	desired, absence, w := c.desired.of(name)
	memory := c.Store.Get(name).Memory
	info := c.connection.engineInfo()
	v := view{manifest: w, snapshot: absence.Confirmed, in: plan.Input{
		Now: c.Clock.Now(), Instance: c.Instance, Name: name,
		Desired: desired, Absent: absence, Containers: containers, CPUs: info.CPUs, FixedLimits: info.FixedLimits, Memory: memory,
		Setup: c.setups.running(name),
	}}
	v.in.Absent.Delay = c.PruneDelay
	c.origin(&v.in)
	c.approval(&v.in, w)
	if w != nil {
		c.sources(&v.in, w.Hosts)
	}
	if err := inspect(ctx, c.Engine, &v.in, c.cache.LimitsUnknown); err != nil {
		return view{}, plan.Plan{}, err
	}
	c.mounted(&v.in)
	v.in.Memory = plan.Remember(v.in)
	needs := plan.NeedsOf(v.in)
	if needs.Image {
		if v.in.ImageID, err = c.imageID(ctx, v.in); err != nil {
			return view{}, plan.Plan{}, err
		}
		v.in.ImagePresent = v.in.ImageID != ""
	}
	if needs.Volumes {
		if err := c.volumes(ctx, &v.in, c.desired.latest()); err != nil {
			return view{}, plan.Plan{}, err
		}
	}
	p := plan.Make(v.in)
	if v.in.Taken, err = c.taken(ctx, p.Names(v.in)); err != nil {
		return view{}, plan.Plan{}, err
	}
	if len(v.in.Taken) > 0 {
		p = plan.Make(v.in)
	}
	if !slices.ContainsFunc(p.Actions, func(a plan.Action) bool { return a.Kind == plan.KindUpdate }) {
		for _, container := range v.in.Containers {
			if container.Details != nil {
				c.cache.LimitsKnown(container.ID)
			}
		}
	}
	return v, p, nil
}

// taken are those of the names that a container holds. The plan's own containers are not asked for.
func (c *Controller) taken(ctx context.Context, names []string) (map[string]string, error) {
	var taken map[string]string
	for _, name := range names {
		holder, err := c.Engine.Inspect(ctx, name)
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

// imageID is the image that the desired reference means now, "" where there is none. A container whose reference was moved is
// news to what is remembered of the reference.
func (c *Controller) imageID(ctx context.Context, in plan.Input) (string, error) {
	ref := in.Desired.Spec.Image
	id, err := c.images.id(ctx, ref)
	if err != nil || !slices.ContainsFunc(in.Containers, func(b engine.Container) bool { return b.Untagged && b.ImageID == id }) {
		return id, err
	}
	c.images.forget(ref)
	return c.images.id(ctx, ref)
}

// inspect fills in the details that the plan depends on.
func inspect(ctx context.Context, e engine.Reader, in *plan.Input, blurred func(id string) bool) error {
	needed := map[string]bool{}
	for _, id := range plan.NeedsOf(*in).Inspect {
		needed[id] = true
	}
	var out []engine.Container
	for _, container := range in.Containers {
		if container.Details == nil && (needed[container.ID] || blurred(container.ID)) {
			seen, err := e.Inspect(ctx, container.ID)
			if errors.Is(err, engine.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			seen.Untagged = container.Untagged
			container = seen
		}
		out = append(out, container)
	}
	in.Containers = out
	return nil
}

// schedule makes sure that the workspace is looked at again when its plan may come out otherwise.
func (c *Controller) schedule(name string, v view, p plan.Plan) {
	if p.Wake.IsZero() {
		return
	}
	wait := p.Wake.Sub(v.in.Now)
	if v.in.Desired == nil && v.in.Absent.Held == nil && wait <= 0 {
		// Absence was not confirmed since it became due.
		c.Source.Rescan()
		return
	}
	c.queue.AddAfter(name, wait)
}

// forget ends a workspace that neither a manifest nor the engine knows.
func (c *Controller) forget(name string) {
	c.probes.stop(name)
	c.states.writing.Lock()
	defer c.states.writing.Unlock()
	defer c.states.publishing()()
	c.keep(c.Store.Delete(name))
	if ws := c.states.remove(name); ws != nil && c.OnChange != nil {
		c.OnChange(ws, true)
	}
}
