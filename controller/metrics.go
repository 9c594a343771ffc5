package controller

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Metrics counts what the controller does. Its methods are called from many goroutines and must not block.
type Metrics interface {
	// Queue returns what measures the queue of workspaces; nil measures nothing. It is called once.
	Queue() workqueue.MetricsProvider
	// Reconciled is called at the end of a reconcile.
	Reconciled(r Result, d time.Duration)
	// Acted is called at the end of one action of a plan.
	Acted(kind plan.Kind, r Result)
	// Restarted is called after a restart that succeeded.
	Restarted(cause RestartCause)
	// StreamConnected is called after each subscription to the engine's events, StreamBroken when one ends by itself.
	StreamConnected()
	StreamBroken()
}

// Result is how a reconcile or an action ended.
type Result string

// The results.
const (
	// ResultUnchanged: the reconcile found nothing to do.
	ResultUnchanged Result = "unchanged"
	// ResultDone: what was planned is done.
	ResultDone Result = "done"
	// ResultFailed: a step failed. It is retried with backoff, and the workspace's condition has the cause.
	ResultFailed Result = "failed"
	// ResultSuperseded: a newer manifest preempted it.
	ResultSuperseded Result = "superseded"
	// ResultUnavailable: the engine was unreachable.
	ResultUnavailable Result = "unavailable"
	// ResultCanceled: the controller is ending.
	ResultCanceled Result = "canceled"
	// ResultError: it ended early for a reason that is not the workspace's.
	ResultError Result = "error"
)

// Results returns all of them.
func Results() []Result {
	return []Result{
		ResultUnchanged, ResultDone, ResultFailed, ResultSuperseded, ResultUnavailable, ResultCanceled, ResultError,
	}
}

// RestartCause is why a container was restarted.
type RestartCause string

// The causes of restarts.
const (
	RestartExit    RestartCause = "exit"
	RestartProbe   RestartCause = "probe"
	RestartRequest RestartCause = "request"
	// RestartSource: the source of a bind was replaced.
	RestartSource RestartCause = "source"
)

// RestartCauses returns all of them.
func RestartCauses() []RestartCause {
	return []RestartCause{RestartExit, RestartProbe, RestartRequest, RestartSource}
}

// resultOf returns how work under ctx and the preemptible context ended.
func resultOf(ctx, preemptible context.Context, err error) Result {
	switch {
	case err == nil:
		return ResultDone
	case isStepError(err):
		return ResultFailed
	case ctx.Err() != nil:
		return ResultCanceled
	case errors.Is(context.Cause(preemptible), errSuperseded):
		return ResultSuperseded
	case errors.Is(err, engine.ErrUnavailable):
		return ResultUnavailable
	default:
		return ResultError
	}
}

func restartCause(a plan.Action) RestartCause {
	switch {
	case len(a.Sources) > 0:
		return RestartSource
	case !a.Crash:
		return RestartRequest
	case a.Kind == plan.KindRestart:
		return RestartProbe
	default:
		return RestartExit
	}
}

// noMetrics count nothing.
type noMetrics struct{}

func (noMetrics) Queue() workqueue.MetricsProvider { return nil }
func (noMetrics) Reconciled(Result, time.Duration) {}
func (noMetrics) Acted(plan.Kind, Result)          {}
func (noMetrics) Restarted(RestartCause)           {}
func (noMetrics) StreamConnected()                 {}
func (noMetrics) StreamBroken()                    {}
