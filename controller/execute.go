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
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// errDesiredAgain ends a removal that the newest manifests do not ask for any more.
var errDesiredAgain = errors.New("the manifests changed: it is not removed any further")

// errForced interrupts a replacement that is otherwise carried through.
var errForced = errors.New("interrupted by a second signal")

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

// startCheckWithin limits how long the check of a start waits.
const startCheckWithin = 15 * time.Second

// executor carries out plans. It decides nothing: the order, the undos and the backoff are the planner's.
type executor struct {
	engine    engine.Engine
	cache     *cache.Cache
	records   *records
	publisher *publisher
	images    *images
	setups    *setups
	sources   *sources
	metrics   Metrics
	log       *slog.Logger
	directory string
	// force is Options.Force.
	force <-chan struct{}
	// removable reports whether the newest manifests still let a workspace be removed.
	removable func(name string, requested bool) bool
	// volumesOfOthers returns the volumes that other workspaces name.
	volumesOfOthers func(name string) map[string]bool
	// waitsForSetups makes a setup part of its execution. In the loop a setup runs beside the reconciles.
	waitsForSetups bool
}

// execution is a plan that is being carried out.
type execution struct {
	executor *executor
	// preemptible ends when a newer spec comes: pulls and setups end with it, a replacement that began is carried
	// through.
	preemptible context.Context
	view        view
	plan        plan.Plan
	token       *token
	log         *slog.Logger
	// startTook is how long the last start took.
	startTook time.Duration
	// created is the container that the plan's create step made.
	created string
	// setupBefore is the container whose setup was pending before the plan started another one with a setup.
	setupBefore string
	// removed and kept are the volumes of a removal.
	removed, kept []string
	// touched are the containers to inspect afterwards.
	touched []string
}

func (e *executor) new(preemptible context.Context, v view, p plan.Plan, t *token) *execution {
	return &execution{executor: e, preemptible: preemptible, view: v, plan: p, token: t, log: e.log.With("workspace", p.Name)}
}

// execute carries out all actions of a plan, up to the first that fails.
func (e *executor) execute(ctx, preemptible context.Context, v view, p plan.Plan, t *token) (busy error) {
	x := e.new(preemptible, v, p, t)
	for _, a := range p.Actions {
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

func (x *execution) act(ctx context.Context, a plan.Action) (err error) {
	defer func() { x.executor.metrics.Acted(a.Kind, resultOf(ctx, x.preemptible, err)) }()
	if a.Kind == plan.KindRecord {
		x.log.Debug("record", "cause", a.Cause)
		x.done(a)
		return nil
	}
	if x.view.in.Memory.Repeats(a) {
		return x.notTaken(a)
	}
	if a.Kind != plan.KindRename { // A rename may have to wait, and is logged when it is done.
		x.log.Info(string(a.Kind), "cause", a.Cause)
	}
	cause := a.Cause
	if len(a.Reclaim) > 0 {
		x.remember(func(m plan.Memory) plan.Memory { return m.Begin(a) })
		cause += "; removes volumes " + strings.Join(a.Reclaim, ", ")
		x.executor.records.event(status.EventNormal, x.plan.Name, v1alpha1.ReasonRemoving, cause)
	}
	if a.Kind == plan.KindSetup && !x.executor.waitsForSetups {
		x.executor.setups.start(ctx, x, a)
		return nil
	}
	defer x.markTouched()
	if err := x.steps(ctx, a, cause); err != nil {
		return err
	}
	if a.Kind == plan.KindRename {
		x.log.Info(string(a.Kind), "cause", a.Cause)
	}
	x.done(a)
	x.recordDone(a)
	return nil
}

// steps carries out the steps of an action. If one fails, what was done since the last commit is undone.
func (x *execution) steps(ctx context.Context, a plan.Action, cause string) error {
	shown := ""
	first, _, outage := a.Outage()
	for i, step := range a.Steps {
		if outage && i == first {
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w", step, ctx.Err())
			}
			var done func()
			ctx, done = x.carryThrough(ctx)
			defer done()
		}
		if a.Kind == plan.KindRemove && !x.executor.removable(x.plan.Name, x.view.in.Memory.RemoveRequest != "") {
			return errDesiredAgain
		}
		if reason := a.Progress(step); reason != shown {
			shown = reason
			x.executor.publisher.publish(x.view, x.plan, reason, fmt.Sprintf("%s: %s", a.Kind, cause))
		}
		err := x.token.during(ctx, step.Op, func() error { return x.step(ctx, step) })
		if err == nil {
			continue
		}
		if outage && errors.Is(context.Cause(ctx), errForced) {
			x.log.Error("interrupted in the middle: the workspace is down until the next run or apply starts it", "step", step.String())
		}
		if ctx.Err() != nil || x.isNoFailure(step, err) {
			return fmt.Errorf("%s: %w", step, err)
		}
		return x.fail(ctx, a, i, err)
	}
	return nil
}

// isNoFailure reports whether the cause of a step's error is not the workspace. The next reconcile plans again,
// without a backoff.
func (x *execution) isNoFailure(s plan.Step, err error) bool {
	return s.Interruptible() && x.preemptible.Err() != nil ||
		errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrBusy) ||
		s.Op == plan.OpCheckStart && errors.Is(err, engine.ErrNotFound)
}

// carryThrough returns a context for the time in which a workspace is down: neither the end of the program nor a
// newer spec ends it, only Options.Force.
func (x *execution) carryThrough(ctx context.Context) (context.Context, func()) {
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-x.executor.force:
			cancel(errForced)
		case <-run.Done():
		}
	}()
	return run, func() {
		cancel(nil)
		<-ended
	}
}

// done records an action that succeeded.
func (x *execution) done(a plan.Action) {
	x.remember(func(m plan.Memory) plan.Memory { return m.Succeeded(a, x.created, x.plan.Key, time.Now()) })
	if a.Restart {
		x.executor.metrics.Restarted(restartCause(a))
	}
}

// remember applies a transition to the workspace's memory.
func (x *execution) remember(transition func(plan.Memory) plan.Memory) {
	x.executor.records.remember(x.plan.Name, transition)
}

// markTouched makes the next reconcile inspect what was touched, instead of relying on what the steps should have done.
func (x *execution) markTouched() {
	slices.Sort(x.touched)
	for _, id := range slices.Compact(x.touched) {
		x.executor.cache.MarkStale(id, x.plan.Name)
	}
	x.touched = nil
}

// id returns the container that a step refers to, and notes that it is touched.
func (x *execution) id(r plan.Ref) string {
	id := r.ID
	if id == "" {
		id = x.created
	}
	x.touched = append(x.touched, id)
	return id
}
