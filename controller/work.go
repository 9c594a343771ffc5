package controller

import (
	"context"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// slowAfter is when a step gives its slot away: one stuck workspace must not delay another. Steps that load somebody else
// than the engine, or only wait, do so soon; the engine itself is not made faster by more work at once.
func slowAfter(op plan.Op) time.Duration {
	switch op {
	case plan.OpPull, plan.OpSetup, plan.OpEndSetup, plan.OpCheckStart:
		return 0
	case plan.OpStop:
		return time.Second
	default:
		return 15 * time.Second
	}
}

// work hands each queued workspace to a goroutine of its own, as many at a time as there are slots. The queue never hands
// out one workspace twice at a time.
func (c *Controller) work(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for {
		c.heartbeats.idle(componentDispatcher)
		name, shutdown := c.queue.Get()
		if shutdown {
			return
		}
		// Not before: a dispatcher that idles with a slot in its hand keeps it from a slow step that wants to go on, and
		// where it is the only slot for ever.
		s := &slot{slots: c.slots}
		c.heartbeats.beat(componentDispatcher, c.Resync)
		if !s.take(ctx) {
			c.queue.Done(name)
			return
		}
		workers.Go(func() {
			defer s.giveBack()
			defer c.queue.Done(name)
			c.reconcile(ctx, name, s)
		})
	}
}

// slot is the right to load the engine.
type slot struct {
	slots chan struct{}
	mu    sync.Mutex
	held  bool
}

func (s *slot) take(ctx context.Context) bool {
	select {
	case s.slots <- struct{}{}:
		s.mu.Lock()
		s.held = true
		s.mu.Unlock()
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *slot) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		s.held = false
		<-s.slots
	}
}

// during runs a step, and gives the slot away while the step is slow. Afterwards the slot is held again, unless ctx ended.
func (s *slot) during(ctx context.Context, op plan.Op, step func() error) error {
	timer := time.AfterFunc(slowAfter(op), s.giveBack)
	err := step()
	timer.Stop()
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if !held {
		s.take(ctx)
	}
	return err
}

// interrupt ends work of a workspace that can be interrupted: a pull.
func (c *Controller) interrupt(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel := c.running[name]; cancel != nil {
		cancel(errSuperseded)
	}
}

// interruptible is a context that ends when the workspace's manifest changes.
func (c *Controller) interruptible(ctx context.Context, name string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	c.running[name] = cancel
	c.mu.Unlock()
	return ctx, func() {
		c.mu.Lock()
		delete(c.running, name)
		c.mu.Unlock()
		cancel(nil)
	}
}
