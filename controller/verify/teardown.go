package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// engineBack is how often an engine that is away is tried again at the end.
const engineBack = time.Second

// TearDown ends the controller first: it would make anew what goes.
func (f *fleet) TearDown(ctx context.Context) (before, after []string, err error) {
	f.cancel()
	<-f.ended
	for first := true; ; first = false {
		after, err = f.list(ctx)
		if first || len(before) == 0 {
			before = after
		}
		if err == nil {
			o := f.Loop
			o.Takeover = true // The instance is verify's alone, whichever directory an earlier run had.
			_, err = controller.Down(ctx, o, nil, nil, false)
		}
		if err == nil {
			after, err = f.list(ctx)
		}
		if !errors.Is(err, engine.ErrUnavailable) {
			return before, after, err
		}
		select {
		case <-f.Loop.Clock.After(engineBack):
		case <-ctx.Done():
			return before, after, err
		}
	}
}

func (f *fleet) list(ctx context.Context) ([]string, error) {
	containers, err := f.Loop.Engine.List(ctx, f.Loop.Instance)
	names := make([]string, 0, len(containers))
	for _, c := range containers {
		names = append(names, c.Name)
	}
	return names, err
}

func (r *run) tearDown(ctx context.Context) Teardown {
	begun := r.clock.Now()
	down := "dual-reconciler down --instance " + r.Loop.Instance
	t := Teardown{Procedure: []string{down, "docker ps -a --filter label=dual.dev/instance=" + r.Loop.Instance}, Left: []string{}}
	before, after, err := r.machines.TearDown(ctx)
	t.Removed, t.Duration = len(before)-len(after), Seconds(r.clock.Since(begun))
	t.Left = append(t.Left, after...)
	t.Passed = err == nil && len(after) == 0
	if err != nil {
		t.Error = fmt.Sprintf("%v: run `%s`", err, down)
	}
	return t
}
