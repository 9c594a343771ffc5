package controller

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Metrics hears what the loop does, and counts it. Its methods are called from many goroutines and must not wait.
type Metrics interface {
	// Queue measures the queue of workspaces; nil measures nothing. It is asked once.
	Queue() workqueue.MetricsProvider
	// Reconciled is the end of a pass over one workspace.
	Reconciled(r Result, d time.Duration)
	// Acted is the end of one action of a plan.
	Acted(kind plan.Kind, r Result)
	// Restarted is a restart that succeeded.
	Restarted(cause RestartCause)
	// StreamConnected is a new subscription to the engine's events, and StreamBroken the end of one that nobody asked for.
	StreamConnected()
	StreamBroken()
}

// Result is how a pass or an action ended.
type Result string

// The results.
const (
	// ResultUnchanged: the pass found nothing to do.
	ResultUnchanged Result = "unchanged"
	// ResultDone: what was planned is done.
	ResultDone Result = "done"
	// ResultFailed: a step failed; it is tried again with backoff, and the workspace's condition says why.
	ResultFailed Result = "failed"
	// ResultSuperseded: a newer manifest came in the midst of it.
	ResultSuperseded Result = "superseded"
	// ResultUnavailable: the engine was away.
	ResultUnavailable Result = "unavailable"
	// ResultCanceled: the controller is ending.
	ResultCanceled Result = "canceled"
	// ResultError: it could not be carried through for a reason that is not the workspace's.
	ResultError Result = "error"
)

// Results are all of them.
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

// RestartCauses are all of them.
func RestartCauses() []RestartCause {
	return []RestartCause{RestartExit, RestartProbe, RestartRequest, RestartSource}
}

// resultOf says how work under ctx and the interruptible soft ended.
func resultOf(ctx, soft context.Context, err error) Result {
	switch {
	case err == nil:
		return ResultDone
	case isStepError(err):
		return ResultFailed
	case ctx.Err() != nil:
		return ResultCanceled
	case errors.Is(context.Cause(soft), errSuperseded):
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

// noMetrics are those of a controller that nobody measures.
type noMetrics struct{}

func (noMetrics) Queue() workqueue.MetricsProvider { return nil }
func (noMetrics) Reconciled(Result, time.Duration) {}
func (noMetrics) Acted(plan.Kind, Result)          {}
func (noMetrics) Restarted(RestartCause)           {}
func (noMetrics) StreamConnected()                 {}
func (noMetrics) StreamBroken()                    {}
