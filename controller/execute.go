package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// errWantedAgain ends a removal that the newest manifests do not ask for any more.
var errWantedAgain = errors.New("the manifests changed: it is not removed any further")

// stepError ends a plan after a failure that was recorded with its backoff.
type stepError struct {
	// message is the recorded one.
	message string
	cause   error
}

func (e *stepError) Error() string { return e.message }
func (e *stepError) Unwrap() error { return e.cause }

func isStepError(err error) bool {
	_, is := errors.AsType[*stepError](err)
	return is
}

// execute carries out a plan. It decides nothing: the order, the undos and the backoff are the planner's.
// soft ends when a newer spec comes: pulls and setups end with it, a replacement that began is carried through.
func (c *Controller) execute(ctx, soft context.Context, v view, p plan.Plan, s *slot) (busy error) {
	return newExecution(c, soft, v, p, s).run(ctx)
}

// run carries out all actions of the plan, up to the first that fails.
func (x *execution) run(ctx context.Context) (busy error) {
	for _, a := range x.plan.Actions {
		err := x.act(ctx, a)
		if a.Kind == plan.KindRename && errors.Is(err, engine.ErrBusy) {
			busy = err // A name is in the way of nothing else.
			continue
		}
		if err != nil {
			return err
		}
	}
	return busy
}

func newExecution(c *Controller, soft context.Context, v view, p plan.Plan, s *slot) *execution {
	return &execution{Controller: c, soft: soft, view: v, plan: p, slot: s, log: c.Log.With("workspace", p.Name)}
}

// startCheckWithin bounds how long the check of a start waits.
const startCheckWithin = 15 * time.Second

// execution is a plan being carried out.
type execution struct {
	*Controller
	soft context.Context
	view view
	plan plan.Plan
	slot *slot
	log  *slog.Logger
	// startTook is how long the last start took.
	startTook time.Duration
	// created is the container that the plan's create step made.
	created string
	// setupBefore is the container whose setup was pending before the plan started another one with a setup.
	setupBefore string
	// removed and kept are the volumes of a removal.
	removed, kept []string
	// waits says that a setup is part of the execution: there is no loop that would hear of its end.
	waits bool
	// touched are the containers to look at again.
	touched []string
}

func (x *execution) act(ctx context.Context, a plan.Action) (err error) {
	defer func() { x.Metrics.Acted(a.Kind, resultOf(ctx, x.soft, err)) }()
	if a.Kind == plan.KindRecord {
		x.log.Debug("record", "cause", a.Cause)
		x.done(a)
		return nil
	}
	if x.view.in.Memory.Repeats(a) {
		return x.notTaken(a)
	}
	if a.Kind != plan.KindRename { // It may have to wait for its turn, and is told of when it was done.
		x.log.Info(string(a.Kind), "cause", a.Cause)
	}
	cause := a.Cause
	if len(a.Reclaim) > 0 {
		x.remember(func(m plan.Memory) plan.Memory { return m.Begin(a) })
		cause += "; removes volumes " + strings.Join(a.Reclaim, ", ")
		x.record(status.EventNormal, x.plan.Name, v1alpha1.ReasonRemoving, cause)
	}
	if a.Kind == plan.KindSetup && !x.waits {
		x.setups.start(ctx, x, a)
		return nil
	}
	defer x.settle()
	shown := ""
	first, _, outage := a.Outage()
	run := ctx
	for i, step := range a.Steps {
		if outage && i == first {
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w", step, ctx.Err())
			}
			var done func()
			run, done = x.carryThrough(ctx)
			defer done()
		}
		if a.Kind == plan.KindRemove && !x.desired.stillGone(x.plan.Name, x.view.in.Memory.RemoveRequest != "") {
			return errWantedAgain
		}
		if reason := a.Progress(step); reason != shown {
			shown = reason
			x.show(x.view, x.plan, reason, fmt.Sprintf("%s: %s", a.Kind, cause))
		}
		err := x.slot.during(ctx, step.Op, func() error { return x.step(run, step) })
		if err == nil {
			continue
		}
		if outage && errors.Is(context.Cause(run), errForced) {
			x.log.Error("interrupted in the middle: the workspace is down until the next run or apply starts it", "step", step.String())
		}
		if run.Err() != nil || step.Interruptible() && x.soft.Err() != nil || errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrBusy) ||
			step.Op == plan.OpCheckStart && errors.Is(err, engine.ErrNotFound) {
			return fmt.Errorf("%s: %w", step, err)
		}
		return x.fail(run, a, i, err)
	}
	if a.Kind == plan.KindRename {
		x.log.Info(string(a.Kind), "cause", a.Cause)
	}
	x.done(a)
	x.recordDone(a)
	return nil
}

// done records an action that succeeded.
func (x *execution) done(a plan.Action) {
	x.remember(func(m plan.Memory) plan.Memory { return m.Succeeded(a, x.created, x.plan.Key, x.Clock.Now()) })
	if a.Restart {
		x.Metrics.Restarted(restartCause(a))
	}
}

// remember applies a transition to the workspace's memory.
func (x *execution) remember(transition func(plan.Memory) plan.Memory) {
	x.Controller.remember(x.plan.Name, transition)
}

// remember applies a transition to a workspace's memory.
func (c *Controller) remember(name string, transition func(plan.Memory) plan.Memory) {
	c.keep(c.Store.Update(name, func(r *status.Record) { r.Memory = transition(r.Memory) }))
}

// settle marks what was touched, so that the next pass looks at it rather than believing what the steps should have
// done.
func (x *execution) settle() {
	slices.Sort(x.touched)
	for _, id := range slices.Compact(x.touched) {
		x.cache.MarkStale(id, x.plan.Name)
	}
	x.touched = nil
}

func (x *execution) id(r plan.Ref) string {
	id := r.ID
	if id == "" {
		id = x.created
	}
	x.touched = append(x.touched, id)
	return id
}

// step is one call to the engine, or a setup. Its error has no secrets.
func (x *execution) step(ctx context.Context, s plan.Step) error {
	err := x.call(ctx, s)
	if s.Op == plan.OpSetup {
		return err
	}
	return x.secretFree(ctx, x.view.in, "", err)
}

func (x *execution) call(ctx context.Context, s plan.Step) error {
	e := x.Engine
	if s.Interruptible() {
		ctx = x.soft
	}
	switch s.Op {
	case plan.OpPull:
		return x.images.pull(ctx, s.Image, x.pulling(s.Image))
	case plan.OpCreateVolume:
		return e.CreateVolume(ctx, s.Volume, s.Labels)
	case plan.OpCreate:
		id, err := e.Create(ctx, *s.Create)
		if errors.Is(err, engine.ErrImageNotFound) {
			x.images.forget(s.Create.Image)
		}
		x.created = id
		if id != "" {
			x.touched = append(x.touched, id)
		}
		return err
	case plan.OpStart:
		id := x.id(s.Container)
		x.starting(id, s)
		if s.Helper != "" {
			if err := e.PrepareVolumes(ctx, id, s.Helper); err != nil {
				return err
			}
		}
		began := x.Clock.Now()
		err := e.Start(ctx, id)
		x.startTook = x.Clock.Since(began)
		return err
	case plan.OpStop:
		return e.Stop(ctx, x.id(s.Container), s.Grace)
	case plan.OpRename:
		return e.Rename(ctx, x.id(s.Container), s.To)
	case plan.OpRemove:
		if s.Discard {
			return e.Discard(ctx, x.id(s.Container))
		}
		return e.Remove(ctx, x.id(s.Container))
	case plan.OpUpdate:
		return e.Update(ctx, x.id(s.Container), s.Limits)
	case plan.OpUnpause:
		return e.Unpause(ctx, x.id(s.Container))
	case plan.OpConnect:
		return e.Connect(ctx, x.id(s.Container), s.Network)
	case plan.OpSetup:
		return x.setup(ctx, x.id(s.Container), s)
	case plan.OpEndSetup:
		x.setups.end(x.plan.Name)
		return nil
	case plan.OpCheckStart:
		return x.checkStart(ctx, s)
	case plan.OpRemoveVolume:
		return x.removeVolume(ctx, s.Volume)
	default:
		return fmt.Errorf("unknown step %q", s.Op)
	}
}

// checkStart inspects a started container once, after at least as long as the start took: what is slow on this
// machine is slow in the container, too. If the container is gone, the reconcile ends and the previous container is
// kept.
func (x *execution) checkStart(ctx context.Context, s plan.Step) error {
	select {
	case <-x.Clock.After(max(plan.StartCheckAfter, min(x.startTook, startCheckWithin))):
	case <-ctx.Done():
		return ctx.Err()
	}
	seen, err := x.Engine.Inspect(ctx, x.id(s.Container))
	if err != nil {
		return err
	}
	return s.CheckStarted(seen)
}

// pulling shows the progress of a pull in whole percents.
func (x *execution) pulling(image string) func(engine.Progress) {
	last := int64(-1)
	return func(p engine.Progress) {
		if p.Total == 0 {
			return
		}
		if percent := p.Current * 100 / p.Total; percent != last {
			last = percent
			x.show(x.view, x.plan, "Pulling", fmt.Sprintf("pulling %s: %d%% of %d MB", image, percent, p.Total>>20))
		}
	}
}
