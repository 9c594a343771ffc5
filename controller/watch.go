package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// answerWithin is how long the engine may take for a list. One that takes longer counts as unreachable.
const answerWithin = 30 * time.Second

var (
	errNoAnswer = fmt.Errorf("%w: it did not answer within %s", engine.ErrUnavailable, answerWithin)
	errWaiting  = errors.New("waiting for the engine")
)

// reconnectDelay between tries to reach an engine that is away.
const reconnectDelay = 500 * time.Millisecond

// busyDelay before the next try to rename what runs, while others leave their networks.
const busyDelay = 2 * time.Second

// watchEngine keeps the observed state: subscribe first, then list, so that nothing falls between; after every gap again.
func (c *Controller) watchEngine(ctx context.Context) error {
	said := false
	for {
		err := c.watchOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		c.disconnected(cmp.Or(err, errWaiting))
		if !said || !errors.Is(err, engine.ErrUnavailable) {
			c.Log.Warn("waiting for the engine", "error", err)
		}
		said = errors.Is(err, engine.ErrUnavailable)
		select {
		case <-c.Clock.After(reconnectDelay):
		case <-ctx.Done():
			return nil
		}
	}
}

// auditAfter is how long the replay of missed events may take to arrive. Engines remember the last 256 events only, and none
// over a restart: where the replay does not reach back to the event that was seen last, each container is inspected once,
// because no list shows limits that were changed by hand.
const auditAfter = 2 * time.Second

func (c *Controller) watchOnce(ctx context.Context) (err error) {
	c.heartbeats.beat(componentEngine, answerWithin)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(answerWithin, func() { cancel(errNoAnswer) })
	defer late.Stop()
	defer func() {
		if errors.Is(context.Cause(ctx), errNoAnswer) {
			err = errNoAnswer
		}
	}()
	since := c.lastEvent()
	events, err := c.Engine.Events(ctx, since)
	if err != nil {
		return err
	}
	c.Metrics.StreamConnected()
	defer func() {
		if ctx.Err() == nil || errors.Is(context.Cause(ctx), errNoAnswer) {
			c.Metrics.StreamBroken()
		}
	}()
	info, err := c.Engine.Info(ctx)
	if err != nil {
		return err
	}
	if err := c.list(ctx); err != nil {
		return err
	}
	late.Stop()
	unseen, audit := c.cache.IDs(), c.Clock.After(auditAfter)
	if c.Once {
		c.cache.ForgetLimits(unseen)
	}
	c.connected(info)
	defer c.keepLastEvent()
	resync := c.Clock.NewTicker(c.Resync)
	defer resync.Stop()
	for {
		c.heartbeats.beat(componentEngine, c.Resync+answerWithin)
		select {
		case e, open := <-events.C():
			if !open {
				return events.Err()
			}
			if !e.Time.After(since) {
				audit = nil // The replay reaches back to what was seen last: nothing was missed.
			}
			c.handleEvent(e)
			continue
		case <-audit:
			audit = nil
			for _, name := range c.cache.ForgetLimits(unseen) {
				c.queue.Add(name)
			}
			continue
		case <-resync.C():
		case <-c.relist:
		}
		late.Reset(answerWithin)
		if err := c.list(ctx); err != nil {
			return err
		}
		late.Stop()
		c.keepLastEvent()
	}
}

// lastEvent is where the stream of events was left, so that what happened meanwhile is replayed: a container's limits may
// have been changed by hand, which no list shows.
func (c *Controller) lastEvent() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest.IsZero() {
		c.latest, _ = time.Parse(time.RFC3339Nano, c.Store.Instance().LastEvent)
	}
	return c.latest
}

func (c *Controller) keepLastEvent() {
	if latest := c.lastEvent(); !latest.IsZero() {
		c.keep(c.Store.UpdateInstance(func(i *status.Instance) { i.LastEvent = latest.UTC().Format(time.RFC3339Nano) }))
	}
}

// list lists the engine's containers anew, and queues the workspaces whose containers changed.
func (c *Controller) list(ctx context.Context) error {
	changed, err := c.cache.List(ctx)
	if err != nil {
		return err
	}
	for _, name := range changed {
		c.queue.Add(name)
	}
	c.writers.note(c.cache.All(), c.Clock.Now())
	return nil
}

// handleEvent queues the workspace of an event, so that its next reconcile inspects the container.
func (c *Controller) handleEvent(e engine.Event) {
	workspace := c.cache.HandleEvent(e)
	if workspace == "" {
		return
	}
	c.mu.Lock()
	c.latest = e.Time
	c.mu.Unlock()
	c.queue.Add(workspace)
}

// connected lets workers begin, and queues every workspace.
func (c *Controller) connected(info engine.Info) {
	defer c.changed.send()
	if c.connection.connect(info) {
		c.record(status.EventNormal, "", "EngineConnected", "the engine answers again: every workspace is reconciled")
	}
	c.Log.Info("engine connected", "version", info.Version, "api", info.APIVersion, "address", info.Address)
	for _, name := range c.names() {
		c.queue.Add(name)
	}
}

// disconnected makes the workers wait, and publishes the cause as the state of every workspace: nothing is known about it now.
func (c *Controller) disconnected(cause error) {
	defer c.changed.send()
	if c.connection.disconnect(cause) {
		c.record(status.EventWarning, "", v1alpha1.ReasonEngineUnavailable, cause.Error())
	}
	for _, name := range c.names() {
		c.showOffline(name, cause.Error())
	}
}
