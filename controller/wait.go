package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// ErrEnded is the error of a wait for a controller whose Run returned.
var ErrEnded = errors.New("the controller ended")

// broadcast wakes everybody who waits for the controller's state to change.
type broadcast struct {
	mu   sync.Mutex
	next chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{next: make(chan struct{})} }

// send must be called after each change that one of the waits below depends on.
func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.next)
	b.next = make(chan struct{})
}

// wait returns a channel that the next send closes.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next
}

// WaitSettled waits until Settled(since).
func (c *Controller) WaitSettled(ctx context.Context, since time.Time) error {
	return c.waitFor(ctx, func() bool { return c.Settled(since) })
}

// WaitRead waits until a read of the manifests that began at or after since is over.
func (c *Controller) WaitRead(ctx context.Context, since time.Time) error {
	return c.waitFor(ctx, func() bool { return c.readSince(since) })
}

// WaitStarted waits until the manifests were read once, and the first attempt to connect to the engine is over.
func (c *Controller) WaitStarted(ctx context.Context) error {
	return c.waitFor(ctx, c.started)
}

// WaitCurrent has the manifests read again and waits until the states of all workspaces refer to them. It waits for
// files that are being written. If the engine is disconnected, it waits for no reconcile.
func (c *Controller) WaitCurrent(ctx context.Context) error {
	since := time.Now()
	c.source.Rescan()
	return c.waitFor(ctx, func() bool { return c.current(since) })
}

// WaitReady waits until a workspace is ready.
func (c *Controller) WaitReady(ctx context.Context, name string) error {
	return c.waitFor(ctx, func() bool {
		ws := c.states.get(name)
		return ws != nil && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady)
	})
}

// waitFor waits until a condition is met that changes with the controller's state. It returns an error if ctx or the
// controller ends before.
func (c *Controller) waitFor(ctx context.Context, met func() bool) error {
	for {
		changed := c.changed.wait()
		if met() {
			return nil
		}
		select {
		case <-changed:
		case <-c.ended:
			return ErrEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// RunUntilSettled runs the controller until every workspace is settled on manifests that were read from now on.
func (c *Controller) RunUntilSettled(ctx context.Context) error {
	since := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	var waiter sync.WaitGroup
	waiter.Go(func() {
		if c.WaitSettled(ctx, since) == nil {
			cancel()
		}
	})
	defer waiter.Wait()
	defer cancel()
	return c.Run(ctx)
}
