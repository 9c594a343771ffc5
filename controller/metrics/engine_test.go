package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func TestEngineAwayAndBack(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.set(workspace("a", "busybox:latest"))
		r.engine.SetUnavailable(true)
		r.rest(10 * time.Second)
		s := r.scrape()
		s.want(`engine_up`, 0)
		s.want(`event_stream_connects_total`, 1)
		s.want(`event_stream_breaks_total`, 1)
		s.want(`workspaces{ready="False",reason="EngineUnavailable"}`, 1)
		if s.values[`dual_reconciler_engine_calls_total{operation="events",result="unavailable"}`] == 0 {
			t.Error("no call failed for want of the engine")
		}
		r.wantGet("/readyz", 503, "cannot reach the Docker engine")
		r.wantGet("/healthz", 200)
		r.rest(time.Hour)
		r.wantGet("/healthz", 200)

		r.engine.SetUnavailable(false)
		r.rest(10 * time.Second)
		s = r.scrape()
		s.want(`engine_up`, 1)
		s.want(`event_stream_connects_total`, 2)
		s.want(`event_stream_breaks_total`, 1)
		s.want(`workspaces{ready="True",reason="Running"}`, 1)
		r.wantGet("/readyz", 200)
	})
}

func TestAStopIsNoBreak(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.cancel()
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		r.ended <- nil
		r.scrape().want(`event_stream_breaks_total`, 0)
	})
}

func TestCallResults(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		for _, c := range []struct {
			err  error
			want string
		}{
			{nil, "ok"},
			{fmt.Errorf("stop: %w", engine.ErrNotFound), "not_found"},
			{engine.ErrImageNotFound, "image_not_found"},
			{engine.ErrUnauthorized, "unauthorized"},
			{engine.ErrNameInUse, "name_in_use"},
			{engine.ErrInUse, "in_use"},
			{engine.ErrUnavailable, "unavailable"},
			{engine.ErrStalled, "stalled"},
			{engine.ErrInvalid, "invalid"},
			{fmt.Errorf("%w: %w", engine.ErrUnavailable, context.Canceled), "canceled"},
			{context.DeadlineExceeded, "timeout"},
			{errors.New("whatever shop-feat-auth did"), "error"},
		} {
			r.metrics.EngineCalled("RemoveVolume", 40*time.Millisecond, c.err)
			s := r.scrape()
			s.want(`engine_calls_total{operation="remove_volume",result="`+c.want+`"}`, 1)
			s.want(`engine_call_duration_seconds_bucket{operation="remove_volume",result="`+c.want+`",le="0.025"}`, 0)
			s.want(`engine_call_duration_seconds_bucket{operation="remove_volume",result="`+c.want+`",le="0.05"}`, 1)
		}
	})
}

func TestSuperseded(t *testing.T) {
	bubble(t, func(r *rig) {
		never := make(chan struct{})
		r.engine.AddPullable("slow:1", enginetest.ImageOptions{})
		r.engine.HoldPull("slow:1", never)
		r.start()
		r.set(workspace("a", "slow:1"))
		r.rest(time.Second)
		s := r.scrape()
		s.want(`workspaces{ready="False",reason="Pulling"}`, 1)
		s.want(`reconciles_total{result="superseded"}`, 0)
		if age := s.values["dual_reconciler_queue_longest_running_seconds"]; age < .5 || age > 1 {
			t.Errorf("the pass that waits for a pull is %v seconds old, want about 1", age)
		}
		r.set(workspace("a", "busybox:latest"))
		r.rest(time.Second)
		s = r.scrape()
		s.want(`actions_total{kind="create",result="superseded"}`, 1)
		s.want(`reconciles_total{result="superseded"}`, 1)
		s.want(`workspaces{ready="True",reason="Running"}`, 1)
		s.want(`engine_calls_total{operation="pull",result="canceled"}`, 1)
	})
}

// stuckEngine never answers about images until the test's end, whatever deadline the call has.
type stuckEngine struct {
	engine.Engine
	end chan struct{}
}

func (s stuckEngine) Image(ctx context.Context, _ string) (engine.Image, error) {
	<-s.end
	return engine.Image{}, context.Cause(ctx)
}

func TestWedgedWorkers(t *testing.T) {
	bubble(t, func(r *rig) {
		r.workers = 1
		end := make(chan struct{})
		defer close(end)
		r.through = func(e engine.Engine) engine.Engine { return stuckEngine{e, end} }
		r.start()
		r.set(func(s *manifest.Snapshot) {
			workspace("a", "busybox:latest")(s)
			workspace("b", "busybox:latest")(s)
			workspace("c", "busybox:latest")(s)
		})
		r.wantGet("/healthz", 200)
		r.scrape().want(`queue_depth`, 1)
		r.rest(10 * time.Minute)
		r.wantGet("/healthz", 503, "dispatcher", "no heartbeat")
		s := r.scrape()
		s.want(`engine_up`, 1)
		if age := s.values["dual_reconciler_queue_longest_running_seconds"]; age < 590 {
			t.Errorf("the wedged pass is %v seconds old, want 600", age)
		}
	})
}

func TestWedgedSource(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.rest(time.Hour)
		r.wantGet("/healthz", 200)
		r.source.mu.Lock()
		r.source.hangs = true
		r.source.mu.Unlock()
		r.rest(time.Minute)
		r.wantGet("/healthz", 200)
		r.rest(10 * time.Minute)
		r.wantGet("/healthz", 503, "manifest source")
	})
}

// TestIdleIsHealthy lets a day pass in which nothing happens.
func TestIdleIsHealthy(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.set(workspace("a", "busybox:latest"))
		passes := func() float64 { return r.scrape().values["dual_reconciler_reconcile_duration_seconds_count"] }
		before := passes()
		r.rest(2 * time.Hour)
		r.wantGet("/healthz", 200)
		r.wantGet("/readyz", 200)
		if n := passes() - before; n > 0 {
			t.Errorf("%v passes over a workspace to which nothing happened", n)
		}
	})
}
