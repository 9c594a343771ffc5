package controller

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// frozenEngine accepts calls and does not answer, as an engine whose process is stopped does.
type frozenEngine struct {
	engine.Engine
	frozen atomic.Bool
}

func (f *frozenEngine) hang(ctx context.Context) error {
	if !f.frozen.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f *frozenEngine) List(ctx context.Context, instance string) ([]engine.Container, error) {
	if err := f.hang(ctx); err != nil {
		return nil, err
	}
	return f.Engine.List(ctx, instance)
}

func (f *frozenEngine) Info(ctx context.Context) (engine.Info, error) {
	if err := f.hang(ctx); err != nil {
		return engine.Info{}, err
	}
	return f.Engine.Info(ctx)
}

// read lets time pass in which the manifests are read regularly.
func (r *rig) read(d time.Duration) {
	for range int(d / (30 * time.Second)) {
		r.rest(30 * time.Second)
		r.apply()
	}
}

func TestFrozenEngineCountsAsAway(t *testing.T) {
	bubble(t, func(r *rig) {
		frozen := &frozenEngine{Engine: r.engine}
		r.through = frozen
		r.source.set("web")
		r.start()
		if r.started() {
			t.Error("started before anything was read")
		}
		r.apply()
		if err := r.Ready(); err != nil || !r.started() {
			t.Errorf("Ready = %v, Started = %t", err, r.started())
		}
		frozen.frozen.Store(true)
		r.read(10 * time.Minute)
		r.wantReady("web", "EngineUnavailable")
		if err := r.Ready(); err == nil || !strings.Contains(err.Error(), "did not answer within") {
			t.Errorf("Ready = %v", err)
		}
		if err := r.Healthy(); err != nil || !r.started() {
			t.Errorf("an engine that does not answer is no fault of the loop: Healthy = %v, Started = %t", err, r.started())
		}
		frozen.frozen.Store(false)
		r.read(time.Minute)
		r.wantReady("web", "+Running")
	})
}

func TestStartedWithoutAnEngine(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.SetUnavailable(true)
		r.start()
		synctest.Wait()
		if r.started() {
			t.Error("started before the manifests were read")
		}
		r.apply()
		if !r.started() || r.Ready() == nil {
			t.Errorf("Started = %t, Ready = %v", r.started(), r.Ready())
		}
	})
}

func TestRescanListsTheEngine(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.apply()
		r.engine.ResetCalls()
		began := time.Now()
		r.rest(time.Second)
		if r.readSince(began.Add(time.Second)) {
			t.Error("the manifests count as read before they were")
		}
		r.Rescan()
		synctest.Wait()
		if n := r.engine.Count("List"); n != 1 {
			t.Errorf("%d lists, want 1", n)
		}
		if !r.readSince(began.Add(time.Second)) {
			t.Error("the manifests do not count as read")
		}
	})
}

func TestSourceThatIsStuckIsUnhealthy(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.apply()
		r.read(time.Hour)
		if err := r.Healthy(); err != nil {
			t.Fatalf("an idle hour: %v", err)
		}
		r.rest(10 * time.Minute) // Nothing is delivered, not even the same again.
		if err := r.Healthy(); err == nil || !strings.Contains(err.Error(), string(componentSource)) {
			t.Errorf("Healthy = %v", err)
		}
	})
}
