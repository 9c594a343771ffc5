package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

const (
	// answerWithin is how long the engine may take for a list. One that takes longer counts as unreachable.
	answerWithin = 30 * time.Second
	// reconnectDelay is the time between two attempts to connect to the engine.
	reconnectDelay = 500 * time.Millisecond
	// auditAfter is how long the replay of missed events may take to arrive. Engines remember the last 256 events
	// only, and none over a restart. If the replay does not reach back to the last event that was handled, each
	// container is inspected once, because no list shows limits that were changed by hand.
	auditAfter = 2 * time.Second
)

var (
	errNoAnswer = fmt.Errorf("%w: it did not answer within %s", engine.ErrUnavailable, answerWithin)
	errWaiting  = errors.New("waiting for the engine")
)

// watcher keeps the cache up to date and queues the workspaces of what changes in the engine.
type watcher struct {
	engine     engine.Engine
	cache      *cache.Cache
	gather     *gatherer
	connection *connection
	records    *records
	publisher  *publisher
	dispatch   *dispatcher
	heartbeats *heartbeats
	changed    *broadcast
	metrics    Metrics
	log        *slog.Logger
	resync     time.Duration
	// once is Options.Once.
	once bool
	// relist has the engine's state listed now.
	relist chan struct{}
	// lastEvent is the time of the last event that was handled, by the engine's clock. Only run's goroutine uses it.
	lastEvent time.Time
}

// run keeps a connection until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	w.lastEvent, _ = time.Parse(time.RFC3339Nano, w.records.store.Instance().LastEvent)
	logged := false
	for {
		err := w.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		w.disconnected(cmp.Or(err, errWaiting))
		if !logged || !errors.Is(err, engine.ErrUnavailable) {
			w.log.Warn("waiting for the engine", "error", err)
		}
		logged = errors.Is(err, engine.ErrUnavailable)
		if pause.For(ctx, reconnectDelay) != nil {
			return nil
		}
	}
}

// connect subscribes to the engine's events and then lists its state, so that nothing is missed in between, and
// handles events until the connection breaks.
func (w *watcher) connect(ctx context.Context) (err error) {
	w.heartbeats.beat(componentEngine, answerWithin)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(answerWithin, func() { cancel(errNoAnswer) })
	defer late.Stop()
	defer func() {
		if errors.Is(context.Cause(ctx), errNoAnswer) {
			err = errNoAnswer
		}
	}()
	since := w.lastEvent // What happened meanwhile is replayed: a list does not show limits that were changed by hand.
	events, err := w.engine.Events(ctx, since)
	if err != nil {
		return err
	}
	w.metrics.StreamConnected()
	defer func() {
		if ctx.Err() == nil || errors.Is(context.Cause(ctx), errNoAnswer) {
			w.metrics.StreamBroken()
		}
	}()
	info, err := w.engine.Info(ctx)
	if err != nil {
		return err
	}
	if err := w.list(ctx); err != nil {
		return err
	}
	late.Stop()
	unseen := w.cache.IDs()
	if w.once {
		w.cache.ForgetLimits(unseen)
	}
	w.connected(info)
	defer w.persistLastEvent()
	return w.handle(ctx, events, since, unseen, late)
}

// handle handles events and lists the state now and then, until the connection breaks. unseen are the containers
// whose limits may have changed since the last event that was handled before the connection.
func (w *watcher) handle(ctx context.Context, events engine.Stream, since time.Time, unseen []string, late *time.Timer) error {
	audit := time.After(auditAfter)
	resync := time.NewTicker(w.resync)
	defer resync.Stop()
	for {
		w.heartbeats.beat(componentEngine, w.resync+answerWithin)
		select {
		case e, open := <-events.C():
			if !open {
				return events.Err()
			}
			if !e.Time.After(since) {
				audit = nil // The replay reaches back to the last event: nothing was missed.
			}
			w.handleEvent(e)
			continue
		case <-audit:
			audit = nil
			w.dispatch.add(w.cache.ForgetLimits(unseen)...)
			continue
		case <-resync.C:
		case <-w.relist:
		}
		late.Reset(answerWithin)
		if err := w.list(ctx); err != nil {
			return err
		}
		late.Stop()
		w.persistLastEvent()
	}
}

// list lists the engine's containers, and queues the workspaces whose containers changed.
func (w *watcher) list(ctx context.Context) error {
	changed, err := w.gather.list(ctx)
	w.dispatch.add(changed...)
	return err
}

// handleEvent queues the workspace of an event, so that its next reconcile inspects the container.
func (w *watcher) handleEvent(e engine.Event) {
	if workspace := w.cache.HandleEvent(e); workspace != "" {
		w.lastEvent = e.Time
		w.dispatch.add(workspace)
	}
}

func (w *watcher) persistLastEvent() {
	if !w.lastEvent.IsZero() {
		at := w.lastEvent.UTC().Format(time.RFC3339Nano)
		w.records.persisted(w.records.store.UpdateInstance(func(i *status.Instance) { i.LastEvent = at }))
	}
}

// connected lets workers begin, and queues every workspace.
func (w *watcher) connected(info engine.Info) {
	defer w.changed.send()
	if w.connection.connect(info) {
		w.records.event(status.EventNormal, "", "EngineConnected", "the engine answers again: every workspace is reconciled")
	}
	w.log.Info("engine connected", "version", info.Version, "api", info.APIVersion, "address", info.Address)
	w.dispatch.add(w.gather.names()...)
}

// disconnected makes the workers wait, and publishes the cause as the state of every workspace: nothing is known
// about it now.
func (w *watcher) disconnected(cause error) {
	defer w.changed.send()
	if w.connection.disconnect(cause) {
		w.records.event(status.EventWarning, "", v1alpha1.ReasonEngineUnavailable, cause.Error())
	}
	for _, name := range w.gather.names() {
		w.publisher.publishUnreachable(name, cause)
	}
}
