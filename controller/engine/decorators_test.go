package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// methods calls each method of an engine once.
func methods(ctx context.Context, e engine.Engine) (readers, writers map[string]error) {
	_, list := e.List(ctx, "i")
	_, inspect := e.Inspect(ctx, "c")
	_, image := e.Image(ctx, "i")
	_, volumes := e.Volumes(ctx, "i")
	_, info := e.Info(ctx)
	_, events := e.Events(ctx, time.Time{})
	_, create := e.Create(ctx, engine.ContainerSpec{Name: "c"})
	_, run := e.Run(ctx, "c", []string{"true"}, "")
	return map[string]error{"List": list, "Inspect": inspect, "Image": image, "Volumes": volumes, "Info": info, "Events": events},
		map[string]error{
			"Pull": e.Pull(ctx, "i", nil), "CreateVolume": e.CreateVolume(ctx, "v", nil), "RemoveVolume": e.RemoveVolume(ctx, "v"),
			"Create": create, "Start": e.Start(ctx, "c"), "Stop": e.Stop(ctx, "c", 0), "Remove": e.Remove(ctx, "c"),
			"Rename": e.Rename(ctx, "c", "d"), "Update": e.Update(ctx, "c", engine.Limits{}), "Unpause": e.Unpause(ctx, "c"),
			"Connect": e.Connect(ctx, "c", "n"), "Run": run,
			"PrepareVolumes": e.PrepareVolumes(ctx, "c", "h"),
			"EndRuns":        e.EndRuns(ctx, "c", engine.MarkProbe, nil),
		}
}

func TestReadOnly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m := enginetest.NewMemory(enginetest.Options{})
	readers, writers := methods(ctx, engine.ReadOnly(m))
	for name, err := range writers {
		if !errors.Is(err, engine.ErrReadOnly) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %v, want ErrReadOnly with its name", name, err)
		}
	}
	for name, err := range readers {
		if errors.Is(err, engine.ErrReadOnly) || m.Count(name) != 1 {
			t.Errorf("%s = %v after %d calls, want one call", name, err, m.Count(name))
		}
	}
	if n := m.Mutations(); n != 0 {
		t.Errorf("%d mutating calls came through", n)
	}
}

func TestObserved(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m := enginetest.NewMemory(enginetest.Options{})
	observed := map[string]error{}
	readers, writers := methods(ctx, engine.Observed(m, func(op string, d time.Duration, err error) {
		if _, twice := observed[op]; twice || d < 0 {
			t.Errorf("%s observed twice, or with the duration %s", op, d)
		}
		observed[op] = err
	}))
	for _, results := range []map[string]error{readers, writers} {
		for name, err := range results {
			if got, ok := observed[name]; !ok || !errors.Is(got, err) || m.Count(name) != 1 {
				t.Errorf("%s: observed %v (%t) after %d calls, want %v after one", name, got, ok, m.Count(name), err)
			}
		}
	}
	if len(observed) != len(readers)+len(writers) {
		t.Errorf("observed %v", observed)
	}
}

type guard struct {
	refusal   error
	connected int
}

func (g *guard) Connected(context.Context, engine.Info) error {
	g.connected++
	return g.refusal
}

func (g *guard) Allowed(context.Context) error { return g.refusal }

func TestGuarded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m := enginetest.NewMemory(enginetest.Options{})
	g := &guard{}
	readers, writers := methods(ctx, engine.Guarded(m, g))
	for _, results := range []map[string]error{readers, writers} {
		for name := range results {
			if m.Count(name) != 1 {
				t.Errorf("%s: %d calls came through, want one", name, m.Count(name))
			}
		}
	}
	g.refusal = errors.New("the lock is gone")
	m.ResetCalls()
	readers, writers = methods(ctx, engine.Guarded(m, g))
	for name, err := range writers {
		if !errors.Is(err, g.refusal) || m.Count(name) != 0 {
			t.Errorf("%s = %v after %d calls, want the refusal and none", name, err, m.Count(name))
		}
	}
	if !errors.Is(readers["Info"], g.refusal) || g.connected != 2 {
		t.Errorf("Info = %v; the guard was told %d times", readers["Info"], g.connected)
	}
}
