package controller

import (
	"context"
	"errors"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/status"
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
		c.goOffline(err)
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
	c.beat(partEngine, answerWithin)
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
	c.goOnline(info)
	defer c.keepLastEvent()
	resync := c.Clock.NewTicker(c.Resync)
	defer resync.Stop()
	for {
		c.beat(partEngine, c.Resync+answerWithin)
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

func (c *Controller) goOnline(info engine.Info) {
	c.know(info)
	c.mu.Lock()
	select {
	case <-c.online:
	default:
		close(c.online)
	}
	c.mu.Unlock()
	if c.away.Swap(false) {
		c.record(v1alpha1.EventNormal, "", "EngineConnected", "the engine answers again: everything is looked at afresh")
	}
	c.Log.Info("engine connected", "version", info.Version, "api", info.APIVersion, "address", info.Address)
	for _, name := range c.names() {
		c.queue.Add(name)
	}
}

// goOffline makes the workers wait: nothing is concluded from what cannot be seen.
func (c *Controller) goOffline(cause error) {
	c.mu.Lock()
	select {
	case <-c.online:
		c.online = make(chan struct{})
	default:
	}
	c.mu.Unlock()
	if cause == nil {
		cause = errors.New("waiting for the engine")
	}
	c.pulse.offline(cause)
	message := cause.Error()
	if !c.away.Swap(true) {
		c.record(v1alpha1.EventWarning, "", v1alpha1.ReasonEngineUnavailable, message)
	}
	for _, name := range c.names() {
		c.showOffline(name, message)
	}
}

// engineIs is what plans need to know of the engine.
func (c *Controller) engineIs() (cpus int, fixedLimits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cpus, c.fixedLimits
}

func (c *Controller) onlineNow() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.online
}

// isOnline reports whether the observed state is true.
func (c *Controller) isOnline() bool {
	online := c.onlineNow()
	select {
	case <-online:
		return true
	default:
		return false
	}
}
