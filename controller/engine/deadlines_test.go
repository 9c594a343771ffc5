package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// hung gives no answer.
type hung struct{ engine.Engine }

func (hung) Inspect(ctx context.Context, _ string) (engine.Container, error) {
	<-ctx.Done()
	return engine.Container{}, ctx.Err()
}

func (hung) Stop(ctx context.Context, _ string, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine.Deadlines(hung{})
		began := time.Now()
		_, err := e.Inspect(t.Context(), "web")
		if took := time.Since(began); !errors.Is(err, engine.ErrUnavailable) || took != engine.ReadWithin {
			t.Errorf("inspect: %v after %s", err, took)
		}
		began = time.Now()
		err = e.Stop(t.Context(), "web", time.Hour)
		if took := time.Since(began); !errors.Is(err, engine.ErrUnavailable) || took != time.Hour+engine.WriteWithin {
			t.Errorf("stop: %v after %s", err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := e.Inspect(ctx, "web"); errors.Is(err, engine.ErrUnavailable) {
			t.Errorf("the caller's own end says nothing about the engine: %v", err)
		}
	})
}
