package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// errSuperseded preempts work on a spec that is not desired any more.
var errSuperseded = errors.New("a newer spec came")

// dispatcher hands queued workspaces to workers.
type dispatcher struct {
	queue      workqueue.TypedDelayingInterface[string]
	tokens     chan struct{}
	heartbeats *heartbeats
	// resync bounds how long a workspace may wait for a worker token.
	resync time.Duration

	mu sync.Mutex
	// preempt cancels the preemptible work in progress, by workspace.
	preempt map[string]context.CancelCauseFunc
}

func newDispatcher(workers int, resync time.Duration, h *heartbeats, m workqueue.MetricsProvider) *dispatcher {
	return &dispatcher{
		queue: workqueue.NewTypedDelayingQueueWithConfig(
			workqueue.TypedDelayingQueueConfig[string]{Name: "workspaces", MetricsProvider: m}),
		tokens: make(chan struct{}, workers), heartbeats: h, resync: resync, preempt: map[string]context.CancelCauseFunc{},
	}
}

// add queues workspaces that are not queued yet. Adding to a queue that was shut down has no effect.
func (d *dispatcher) add(names ...string) {
	for _, name := range names {
		d.queue.Add(name)
	}
}

// run hands each queued workspace to a goroutine of its own, as many at a time as there are worker tokens, until the
// queue is shut down. The queue never hands out a workspace that is being reconciled.
func (d *dispatcher) run(ctx context.Context, reconcile func(ctx context.Context, name string, t *token)) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for {
		d.heartbeats.idle(componentDispatcher)
		name, shutdown := d.queue.Get()
		if shutdown {
			return
		}
		// Not before: an idle dispatcher that holds a token keeps it from a slow step that wants to continue; for
		// ever if it is the only token.
		t := &token{tokens: d.tokens}
		d.heartbeats.beat(componentDispatcher, d.resync)
		if !t.take(ctx) {
			d.queue.Done(name)
			return
		}
		workers.Go(func() {
			defer t.giveBack()
			defer d.queue.Done(name)
			reconcile(ctx, name, t)
		})
	}
}

// supersede ends the preemptible work on a workspace.
func (d *dispatcher) supersede(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cancel := d.preempt[name]; cancel != nil {
		cancel(errSuperseded)
	}
}

// preemptible returns a context that ends when the spec of the workspace changes.
func (d *dispatcher) preemptible(ctx context.Context, name string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	d.mu.Lock()
	d.preempt[name] = cancel
	d.mu.Unlock()
	return ctx, func() {
		d.mu.Lock()
		delete(d.preempt, name)
		d.mu.Unlock()
		cancel(nil)
	}
}

// slowAfter is when a step gives its token away: one stuck workspace must not delay another. Steps that load
// something else than the engine, or only wait, do so soon. The engine itself is not made faster by more work at
// once.
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

// token is the right to load the engine.
type token struct {
	tokens chan struct{}
	mu     sync.Mutex
	held   bool
}

// newToken returns a token that is always available, for work outside of the loop.
func newToken() *token { return &token{tokens: make(chan struct{}, 1)} }

func (t *token) take(ctx context.Context) bool {
	select {
	case t.tokens <- struct{}{}:
		t.mu.Lock()
		t.held = true
		t.mu.Unlock()
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *token) giveBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		t.held = false
		<-t.tokens
	}
}

// during runs a step, and gives the token away while the step is slow. Afterwards the token is held again, unless ctx
// ended.
func (t *token) during(ctx context.Context, op plan.Op, step func() error) error {
	timer := time.AfterFunc(slowAfter(op), t.giveBack)
	err := step()
	timer.Stop()
	t.mu.Lock()
	held := t.held
	t.mu.Unlock()
	if !held {
		t.take(ctx)
	}
	return err
}
