package controller

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

func TestASlowPullOfNineDoesNotDelayTheTenth(t *testing.T) {
	bubble(t, func(r *rig) {
		r.workers = 2
		gate := make(chan struct{})
		for i := range 9 {
			ref := fmt.Sprintf("slow%d:1", i)
			r.engine.AddPullable(ref, enginetest.ImageOptions{})
			r.engine.HoldPull(ref, gate)
			r.source.set(fmt.Sprintf("a%d", i), image(ref))
		}
		r.source.set("quick")
		r.start()
		r.apply()
		r.rest(10 * time.Second)
		r.want("dual-quick:running")
		r.wantReady("a0", "Pulling")
		_ = r.engine.Operator().Kill("dual-quick")
		synctest.Wait()
		r.want("dual-quick:running")
		close(gate)
		synctest.Wait()
		for i := range 9 {
			r.wantReady(fmt.Sprintf("a%d", i), "+Running")
		}
	})
}

func TestAHungStopDoesNotDelayOthers(t *testing.T) {
	bubble(t, func(r *rig) {
		r.workers = 1
		r.start()
		r.source.set("hung", image("a:1"))
		r.source.set("web", image("a:1"))
		r.apply()
		hung := r.container("hung").ID
		gate := make(chan struct{})
		r.engine.OnCall(func(c enginetest.Call) error {
			if c.Op == "Stop" && c.Args[0] == hung && c.Phase == enginetest.Before {
				<-gate
				return errors.New("the engine never answered")
			}
			return nil
		})
		r.source.set("hung", image("b:1"))
		r.apply()
		r.source.set("web", image("b:1"))
		r.apply()
		r.rest(2 * time.Second)
		if got := r.image("web"); got != "b:1" {
			t.Errorf("web has image %s", got)
		}
		r.wantReady("web", "+Running")
		r.wantReady("hung", "Replacing")
		r.engine.OnCall(nil)
		close(gate)
		r.rest(time.Minute)
		r.wantReady("hung", "+Running")
	})
}

func TestANewerSpecCancelsAPull(t *testing.T) {
	bubble(t, func(r *rig) {
		never := make(chan struct{})
		r.engine.HoldPull("a:1", never)
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.rest(time.Hour)
		r.wantReady("web", "Pulling")
		r.source.set("web", image("b:1"))
		r.apply()
		r.wantReady("web", "+Running")
		if got := r.image("web"); got != "b:1" {
			t.Errorf("image %s", got)
		}
	})
}

func TestANewerSpecCancelsASetup(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.OnRun(func(ctx ctxt, _ engine.Container, command []string) (engine.RunResult, error) {
			if command[2] == "hang" {
				<-ctx.Done()
				return engine.RunResult{}, ctx.Err()
			}
			return engine.RunResult{}, nil
		})
		r.start()
		r.source.set("web", setup("hang"))
		r.apply()
		r.rest(time.Hour)
		r.wantReady("web", "SettingUp")
		r.source.set("web", setup("make"))
		r.replace()
		r.wantReady("web", "+Running")
	})
}

// A manifest that goes away for good ends the pull, too, and one that is only touched does not.
func TestATouchedManifestDoesNotCancelAPull(t *testing.T) {
	bubble(t, func(r *rig) {
		gate := make(chan struct{})
		r.engine.HoldPull("a:1", gate)
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		for range 5 {
			r.source.set("web", image("a:1"))
			r.apply()
			r.rest(time.Minute)
		}
		if n := r.engine.Count("Pull"); n != 0 { // Calls are counted at their end.
			t.Errorf("%d pulls ended", n)
		}
		r.source.remove("web")
		r.apply()
		r.rest(3 * time.Second)
		if n := r.engine.Count("Pull"); n != 1 || r.all() != "" || r.ready("web") != "unknown" {
			t.Errorf("%d pulls ended, containers %q, web is %s", n, r.all(), r.ready("web"))
		}
		close(gate)
	})
}

func TestFiftyWorkspacesOfOneImagePullItOnce(t *testing.T) {
	bubble(t, func(r *rig) {
		gate := make(chan struct{})
		r.engine.HoldPull("a:1", gate)
		for i := range 50 {
			r.source.set(fmt.Sprintf("w%d", i), image("a:1"))
		}
		r.start()
		r.apply()
		r.rest(time.Minute)
		close(gate)
		r.rest(time.Second)
		for i := range 50 {
			r.wantReady(fmt.Sprintf("w%d", i), "+Running")
		}
		if n := r.engine.Count("Pull"); n != 1 {
			t.Errorf("%d pulls", n)
		}
	})
}

// Leaving the controller ends a pull and leaves workspaces as they are.
func TestStopLeavesWorkspacesRunning(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.HoldPull("b:1", make(chan struct{}))
		r.start()
		r.source.set("web", image("a:1"))
		r.source.set("pulling", image("b:1"))
		r.apply()
		r.engine.ResetCalls()
		r.stop()
		r.want("dual-web:running")
		r.wantCalls("Pull")
	})
}
