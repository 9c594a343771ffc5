package controller

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Who answers once has no events to learn from that limits were changed by hand, and no list shows it.
func TestOneAnswerKnowsLimitsChangedByHand(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", limited("a:1"))
		r.apply()
		r.stop()
		r.rest(time.Second)
		if err := r.engine.Operator().Update("dual-web", engine.Limits{CPU: 1e9}, false); err != nil {
			t.Fatal(err)
		}
		if _, err := r.engine.Operator().AddForeign("busy"); err != nil {
			t.Fatal(err)
		}
		for i := range 300 { // More than the engine remembers.
			_ = r.engine.Operator().Rename([]string{"busy", "idle"}[i%2], []string{"idle", "busy"}[i%2])
		}
		snapshot := &manifest.Snapshot{Dir: directory, Time: time.Now(), Workspaces: r.source.workspaces}
		previewed, err := Preview(context.Background(), r.parts.options, snapshot)
		if err != nil {
			t.Fatal(err)
		}
		if len(previewed) != 1 || len(previewed[0].Plan.Actions) != 1 || previewed[0].Plan.Actions[0].Kind != plan.KindUpdate {
			t.Errorf("preview: %+v", previewed)
		}
		r.opts = func(o *Options) { o.Once = true }
		since := time.Now()
		r.start()
		r.source.deliver()
		synctest.Wait()
		if !r.Settled(since) {
			t.Error("not settled")
		}
		if d := r.container("web").Details; d.Limits.CPU != 2e9 {
			t.Errorf("settled, and the limits are %+v", d.Limits)
		}
	})
}
