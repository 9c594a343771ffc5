package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// reconnectEvery is the time between two tries to reach an unreachable engine at the end.
const reconnectEvery = time.Second

// TearDown stops the controller first: it would replace what is removed.
func (w *workspaces) TearDown(ctx context.Context) (before, after []string, err error) {
	w.cancel()
	<-w.ended
	for first := true; ; first = false {
		after, err = w.list(ctx)
		if first || len(before) == 0 {
			before = after
		}
		if err == nil {
			o := w.Loop
			o.Takeover = true // No other program uses this instance.
			_, err = controller.Down(ctx, o, nil, nil, false)
		}
		if err == nil {
			after, err = w.list(ctx)
		}
		if !errors.Is(err, engine.ErrUnavailable) {
			return before, after, err
		}
		if pause.For(ctx, reconnectEvery) != nil {
			return before, after, err
		}
	}
}

func (w *workspaces) list(ctx context.Context) ([]string, error) {
	containers, err := w.Loop.Engine.List(ctx, w.Loop.Instance)
	names := make([]string, 0, len(containers))
	for _, c := range containers {
		names = append(names, c.Name)
	}
	return names, err
}

// teardownTimeout limits the end of a run.
const teardownTimeout = 10 * time.Minute

// tearDown removes what the run made, even if ctx has ended.
func (s *suite) tearDown(ctx context.Context) Teardown {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), teardownTimeout)
	defer cancel()
	begun := time.Now()
	down := "dual-reconciler down --instance " + s.Loop.Instance
	before, after, err := s.env.TearDown(ctx)
	t := Teardown{
		Procedure: []string{down, "docker ps -a --filter label=dual.dev/instance=" + s.Loop.Instance},
		Removed:   len(before) - len(after), Left: append([]string{}, after...),
		Passed: err == nil && len(after) == 0, Duration: Seconds(time.Since(begun)),
	}
	if err != nil {
		t.Error = fmt.Sprintf("%v: run `%s`", err, down)
	}
	return t
}
