package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

const (
	// engineTimeout is how long a start waits for the engine, in order to refuse a second controller at once.
	engineTimeout = 2 * time.Second
	// lockEvery is how often an idle controller checks that its lock is still there.
	lockEvery = time.Second
)

// holding is the right to change the workspaces of an instance: a lock in the state directory, and a claim by the
// engine's identity, which excludes controllers with another state directory.
type holding struct {
	g    *globals
	lock *instance.Lock
	e    workEngine

	mu sync.Mutex
	// claimed is the identity of the engine on which the instance is claimed; unclaim gives the claim up.
	claimed string
	unclaim func()
	// lost is why the right ended; onLost is called when it ends.
	lost   error
	onLost func()
}

// hold takes the lock, calls locked, and connects to the engine. The claim is made as soon as the engine answers, which
// may be later.
func (g *globals) hold(ctx context.Context, locked func() error) (*holding, error) {
	lock, err := instance.Acquire(g.instanceDir(), g.instance)
	if status.NoRoom(err) {
		// The claim on the engine still excludes other controllers.
		slog.Warn("the state directory takes no lock: state is kept in memory only", "error", err)
		lock, err = &instance.Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := locked(); err != nil {
		lock.Release()
		return nil, err
	}
	e, err := g.connect()
	if err != nil {
		lock.Release()
		return nil, err
	}
	h := &holding{g: g, lock: lock, e: e, unclaim: func() {}, onLost: func() {}}
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	var held *instance.HeldError
	if _, err := h.engine().Info(ctx); errors.As(err, &held) {
		h.release()
		return nil, err
	}
	return h, nil
}

// silently is the locked of verbs that open no socket while they hold the instance.
func silently() error { return nil }

// engine refuses changes once the right is lost.
func (h *holding) engine() engine.Engine { return engine.Guarded(h.e, h) }

// Connected implements engine.Guard: it claims the instance on the engine that answers.
func (h *holding) Connected(ctx context.Context, info engine.Info) error {
	h.mu.Lock()
	known := h.claimed == info.ID && info.ID != ""
	h.mu.Unlock()
	if known {
		return nil
	}
	key := info.ID
	if again, err := h.e.Info(ctx); err != nil {
		return err
	} else if again.ID != info.ID || info.ID == "" {
		key = info.Address // Some engines return another id with each answer.
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost != nil || h.claimed == key {
		return h.lost
	}
	unclaim, err := instance.Claim(key, h.g.instance, instance.Self(h.g.stateDir, h.g.manifests))
	if err != nil {
		h.lose(err)
		return err
	}
	h.unclaim()
	h.claimed, h.unclaim = key, unclaim
	h.g.renames.SetEngine(key)
	return nil
}

// Allowed implements engine.Guard: it returns why nothing may be changed. The instance is claimed before the first change: an
// engine that is slow to answer may have kept hold from doing so.
func (h *holding) Allowed(ctx context.Context) error {
	h.mu.Lock()
	claimed := h.claimed != ""
	h.mu.Unlock()
	if !claimed {
		info, err := h.e.Info(ctx)
		if err != nil {
			return fmt.Errorf("claim instance %s: %w", h.g.instance, err)
		}
		if err := h.Connected(ctx, info); err != nil {
			return err
		}
	}
	return h.check()
}

// check returns why the right was lost, and nil while it is not.
func (h *holding) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost == nil {
		if err := h.lock.Check(); err != nil {
			h.lose(err)
		}
	}
	return h.lost
}

func (h *holding) lose(err error) {
	h.lost = err
	h.onLost()
}

// during returns a context that ends when the right is lost. done ends the watch over the right and returns why it was
// lost.
func (h *holding) during(ctx context.Context) (_ context.Context, done func() error) {
	ctx, cancel := context.WithCancel(ctx)
	h.mu.Lock()
	h.onLost = cancel
	if h.lost != nil {
		cancel()
	}
	h.mu.Unlock()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(lockEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = h.check() // It ends ctx itself.
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() error {
		cancel()
		<-watched
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.lost
	}
}

func (h *holding) release() {
	_ = h.e.Close()
	h.mu.Lock()
	h.unclaim()
	h.mu.Unlock()
	h.lock.Release()
}
