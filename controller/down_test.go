package controller

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// What both the engine and the memory know is one workspace, taken down once: two at a time would race.
func TestDownTakesEachWorkspaceOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.source.set("db")
		r.apply()
		r.want("dual-db:running dual-web:running")
		r.stop()
		r.engine.ResetCalls()
		if err := r.down(); err != nil {
			t.Fatal(err)
		}
		r.want("")
		for _, op := range []string{"Stop", "Remove"} {
			if n := r.engine.Count(op); n != 2 {
				t.Errorf("%s was called %d times for two workspaces", op, n)
			}
		}
	})
}

// The failure that is reported is that of the removal, and not an earlier one that the memory still has.
func TestDownReportsWhatFailed(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.source.set("web", image("nosuch:1"))
		r.apply()
		r.wantReady("web", "ImagePullFailed")
		r.stop()
		r.engine.OnCall(func(c enginetest.Call) error {
			if c.Op == "Stop" {
				return errors.New("the daemon refuses")
			}
			return nil
		})
		for range 10 {
			if err := r.down(); err == nil || err.Error() != "remove web: the daemon refuses" {
				t.Fatalf("error %v", err)
			}
		}
	})
}

// down removes all workspaces as the verb does beside no controller.
func (r *rig) down() error {
	store, err := status.Open(r.dir)
	if err != nil {
		return err
	}
	_, err = Down(context.Background(), Options{
		Instance: "test", Directory: directory, Engine: r.engine, Store: store,
		Log: slog.New(slog.DiscardHandler), Workers: 8, Resync: 30 * time.Second,
	}, nil, nil, false)
	return err
}
