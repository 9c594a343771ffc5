package controller

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// busyDelay is the time before a container is renamed again that is in use while others leave their networks.
const busyDelay = 2 * time.Second

// reconciler reconciles one workspace at a time.
type reconciler struct {
	connection *connection
	gather     *gatherer
	records    *records
	publisher  *publisher
	executor   *executor
	setups     *setups
	probes     *probes
	dispatch   *dispatcher
	// rescan has the manifests read again.
	rescan func()
	log    *slog.Logger
}

// outcome is how a reconcile ended.
type outcome struct {
	result Result
	// requeue is set if the workspace must be reconciled again, after some time at the latest.
	requeue bool
	after   time.Duration
}

func (o outcome) again(after time.Duration) outcome {
	if !o.requeue || after < o.after {
		o.requeue, o.after = true, after
	}
	return o
}

// reconcile brings one workspace closer to what its manifest asks for.
//
// It is level-triggered: it depends on the manifests, the engine and the records as they are, and not on why it was
// called. Its caller must have read the manifests once, must not call it twice at a time for one workspace, and gives
// it a worker token.
//
// If the engine is not connected, it does nothing: the next connection queues every workspace. Otherwise it gathers
// the input of a plan, makes the plan, publishes the state, and executes the plan.
//
// The outcome asks for another reconcile after each plan that had actions, so that a workspace is done only when a
// reconcile finds nothing to do; and at the time at which the same facts would give another plan. A step that failed
// is no error: its backoff is recorded, and the next reconcile plans with it. An error means that the reconcile ended
// early for a reason that is not the workspace's: the caller retries soon. Any change of the manifest, and any event
// of the engine, queues the workspace again.
func (r *reconciler) reconcile(ctx context.Context, name string, t *token) (outcome, error) {
	if engine := r.connection.now(); !engine.connected {
		r.log.Debug("reconcile postponed", "workspace", name, "cause", "the engine is not connected")
		if engine.cause != nil {
			r.publisher.publishUnreachable(name, engine.cause)
		}
		return outcome{result: ResultUnavailable}, nil
	}
	preemptible, done := r.dispatch.preemptible(ctx, name)
	defer done()
	lease := r.publisher.states.acquire(name)
	defer r.publisher.states.release(name, lease)
	v, p, err := r.gather.plan(ctx, name)
	if err != nil {
		return outcome{result: resultOf(ctx, preemptible, err)}, err
	}
	v.lease = lease
	defer r.publisher.states.update(name, func(known *state) { known.reconciledOn = v.snapshot })
	if v.isNothing(p) {
		r.probes.stop(name)
		r.publisher.forget(name)
		return outcome{result: ResultUnchanged}, nil
	}
	r.records.remember(name, func(m plan.Memory) plan.Memory {
		// A probe or a request may have changed the memory meanwhile, so it is updated and not overwritten.
		now := v.in
		now.Memory = m
		return plan.Remember(now).Planned(p)
	})
	if !p.Mutates() {
		r.publisher.publish(v, p, "", "")
	}
	if p.SetupLimit > 0 {
		r.setups.limit(name, p.SetupLimit)
	}
	out := r.wake(v, p)
	if len(p.Actions) == 0 {
		r.log.Debug("nothing to do", "workspace", name, "reason", p.Verdict.Reason, "cause", p.Verdict.Message.In(time.Local))
		r.probes.follow(v, p.Current)
		out.result = ResultUnchanged
		return out, nil
	}
	r.probes.stop(name)
	err = r.executor.execute(ctx, preemptible, v, p, t)
	out.result = resultOf(ctx, preemptible, err)
	switch {
	case errors.Is(err, engine.ErrBusy):
		r.log.Debug("postponed", "workspace", name, "cause", err)
		return out.again(busyDelay), nil
	case isStepError(err): // The next reconcile plans with the failure in memory.
	case errors.Is(err, errDesiredAgain):
		r.log.Info(err.Error(), "workspace", name)
	case errors.Is(context.Cause(preemptible), errSuperseded):
		r.log.Debug("reconcile interrupted", "workspace", name, "cause", errSuperseded)
	case err != nil:
		return out, err
	}
	return out.again(0), nil
}

// wake returns when the plan may come out otherwise although nothing changes.
func (r *reconciler) wake(v view, p plan.Plan) outcome {
	if p.Wake.IsZero() {
		return outcome{}
	}
	wait := p.Wake.Sub(v.in.Now)
	if v.in.Desired == nil && v.in.Absent.Held == nil && wait <= 0 {
		// The removal is due, and no read of the manifests has confirmed the absence since then.
		r.rescan()
		return outcome{}
	}
	return outcome{}.again(wait)
}
