package controller

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"k8s.io/utils/clock"

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
		store, err := status.Open(r.dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Down(context.Background(), Options{
			Instance: "test", Directory: directory, Engine: r.engine, Store: store, Clock: clock.RealClock{},
			Log: slog.New(slog.DiscardHandler), Workers: 8, Resync: 30 * time.Second,
		}, nil, nil, false)
		if err != nil {
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
