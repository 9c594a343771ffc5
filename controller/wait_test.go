package controller

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// waiting starts a wait; the returned function reports whether it is over, and its error.
func (r *rig) waiting(wait func(context.Context) error) func() (bool, error) {
	over := make(chan error, 1)
	go func() { over <- wait(r.Context()) }()
	return func() (bool, error) {
		synctest.Wait()
		select {
		case err := <-over:
			over <- err
			return true, err
		default:
			return false, nil
		}
	}
}

func TestWaitsEndWithoutPolling(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.SetUnavailable(true)
		r.start()
		since := time.Now()
		read := r.waiting(func(ctx context.Context) error { return r.WaitRead(ctx, since) })
		started := r.waiting(r.WaitStarted)
		settled := r.waiting(func(ctx context.Context) error { return r.WaitSettled(ctx, since) })
		ready := r.waiting(func(ctx context.Context) error { return r.WaitReady(ctx, "web") })
		if over, _ := read(); over {
			t.Error("WaitRead is over before anything was read")
		}
		r.source.set("web")
		r.apply()
		for name, wait := range map[string]func() (bool, error){"WaitRead": read, "WaitStarted": started} {
			if over, err := wait(); !over || err != nil {
				t.Errorf("%s: over %t, %v, although the manifests were read", name, over, err)
			}
		}
		if over, _ := settled(); over {
			t.Error("WaitSettled is over while the engine is unreachable")
		}
		r.engine.SetUnavailable(false)
		r.rest(reconnectDelay)
		for name, wait := range map[string]func() (bool, error){"WaitSettled": settled, "WaitReady": ready} {
			if over, err := wait(); !over || err != nil {
				t.Errorf("%s: over %t, %v, although web runs", name, over, err)
			}
		}
	})
}

func TestWaitCurrentReadsAnew(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.source.set("db")
		if over, err := r.waiting(r.WaitCurrent)(); !over || err != nil {
			t.Fatalf("over %t, %v", over, err)
		}
		r.wantReady("db", "+Running")
	})
}

func TestWaitsEndWithTheController(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		settled := r.waiting(func(ctx context.Context) error { return r.WaitSettled(ctx, time.Now()) })
		if over, _ := settled(); over {
			t.Error("settled before anything was read")
		}
		r.stop()
		if over, err := settled(); !over || !errors.Is(err, ErrEnded) {
			t.Errorf("over %t, %v after the controller ended", over, err)
		}
	})
}

func TestRunUntilSettled(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.stop()
		r.source.set("web")
		c := New(r.parts.options)
		ended := r.waiting(c.RunUntilSettled)
		r.apply()
		if over, err := ended(); !over || err != nil {
			t.Fatalf("over %t, %v", over, err)
		}
		r.want("dual-web:running")
	})
}
