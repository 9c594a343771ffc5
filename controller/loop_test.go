package controller

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func TestCreateChangeRemove(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", image("a:1"))
		r.source.set("db", stopped)
		r.apply()
		r.want("dual-db:created dual-web:running")
		r.wantReady("web", "+Running")
		r.wantReady("db", "+Stopped")
		data := r.container("web").Volumes
		r.source.set("web", image("b:1"))
		r.replace()
		r.want("dual-db:created dual-web:running")
		if got := r.image("web"); got != "b:1" {
			t.Errorf("image %s", got)
		}
		if got := r.container("web").Volumes; len(data) != 1 || len(got) != 1 || got[0] != data[0] {
			t.Errorf("anonymous volumes %v, then %v", data, got)
		}
		r.source.remove("web")
		r.apply()
		r.want("dual-db:created dual-web:running")
		r.rest(3 * time.Second)
		r.want("dual-db:created")
		if r.ready("web") != "unknown" || r.engine.HasVolume(data[0].Name) {
			t.Errorf("web is %s, its anonymous volume is left: %t", r.ready("web"), r.engine.HasVolume(data[0].Name))
		}
	})
}

// Trap 3: until the manifests were read once, nothing is planned.
func TestTrap3NothingIsPrunedBeforeTheFirstSnapshot(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.stop()
		r.start()
		r.engine.ResetCalls()
		r.rest(time.Hour)
		r.wantCalls()
		r.want("dual-web:running")
	})
}

// Trap 9: a workspace that leaves a snapshot for less than the delay stays, and its clock starts anew.
func TestTrap9AbsenceForLessThanTheDelayIsNoRemoval(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.engine.ResetCalls()
		for range 5 {
			r.source.remove("web")
			r.apply()
			r.rest(1900 * time.Millisecond)
			r.source.set("web")
			r.apply()
			r.rest(time.Second)
		}
		r.wantCalls()
		r.wantReady("web", "+Running")
	})
}

// Trap 10: a manifest that went away while no controller ran is found in the engine, and a container that did is made anew.
func TestTrap10DeletionsWhileDown(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.source.set("db")
		r.apply()
		r.stop()
		r.source.remove("web")
		if err := r.engine.Operator().Remove("dual-db"); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.apply()
		r.want("dual-db:running dual-web:running")
		r.rest(3 * time.Second)
		r.want("dual-db:running")
	})
}

func TestHeldRemovalsWait(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.source.remove("web")
		r.source.hold(manifest.Hold{Reason: manifest.HoldGitOperation, Message: "a rebase is under way"})
		r.apply()
		r.rest(time.Hour)
		r.want("dual-web:running")
		r.wantReady("web", "Held")
		_ = r.engine.Operator().Kill("dual-web")
		synctest.Wait()
		r.want("dual-web:running")
		r.source.hold()
		r.apply()
		r.want("dual-web:running") // The delay counts from here.
		r.rest(3 * time.Second)
		r.want("")
	})
}

// An instance that is started on another directory prunes nothing until it is told to.
func TestAnotherDirectoryPrunesOnlyWithTakeover(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.stop()
		r.source.remove("web")
		r.opts = func(o *Options) { o.Directory = "/elsewhere" }
		r.start()
		r.apply()
		r.rest(time.Hour)
		r.want("dual-web:running")
		r.wantReady("web", "Held")
		r.stop()
		r.opts = func(o *Options) { o.Directory, o.Takeover = "/elsewhere", true }
		r.start()
		r.apply()
		r.rest(3 * time.Second)
		r.want("")
	})
}

// Trap 11: what has no label of ours is never touched, and an event of it is no work.
func TestTrap11ForeignContainers(t *testing.T) {
	bubble(t, func(r *rig) {
		id, err := r.engine.Operator().AddForeign("dual-web")
		if err != nil {
			t.Fatal(err)
		}
		r.start()
		r.source.set("web")
		r.apply()
		r.wantReady("web", "NameConflict")
		r.rest(time.Minute)
		for _, c := range r.engine.Calls() {
			if c.Mutating && c.Op != "Create" {
				t.Errorf("call %s", c)
			}
		}
		if c, ok := r.engine.Get(id); !ok || c.State != engine.StateRunning || c.Name != "dual-web" {
			t.Errorf("the foreign container is %+v", c)
		}
		r.source.remove("web")
		r.apply()
		r.rest(3 * time.Second)
		r.engine.ResetCalls()
		operator := r.engine.Operator()
		for _, do := range []func(string) error{operator.Pause, operator.Kill, operator.Start, operator.Stop, operator.Remove} {
			if err := do(id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if calls := r.engine.Calls(); len(calls) > 0 {
			t.Errorf("events of a foreign container caused %v", calls)
		}
	})
}

func TestNameConflictEndsWhenTheNameIsFree(t *testing.T) {
	bubble(t, func(r *rig) {
		id, err := r.engine.Operator().AddForeign("dual-web")
		if err != nil {
			t.Fatal(err)
		}
		r.start()
		r.source.set("web")
		r.apply()
		if err := r.engine.Operator().Remove(id); err != nil {
			t.Fatal(err)
		}
		r.rest(2 * time.Second)
		r.wantReady("web", "+Running")
	})
}

// Trap 15: a step that fails ends its action and all later ones, and what was before comes back.
func TestTrap15NothingRunsAfterAFailedStep(t *testing.T) {
	for _, c := range []struct {
		fails string
		calls []string
	}{
		{"Pull", []string{"Pull"}},
		{"Create", []string{"Pull", "Create"}},
		{"Stop", []string{"Pull", "Create", "Stop", "Start", "Discard"}},
		{"Start", []string{"Pull", "Create", "Stop", "Rename", "Rename", "Start", "Stop", "Rename", "Rename", "Start", "Discard"}},
	} {
		t.Run(c.fails, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				r.source.set("web", image("a:1"))
				r.apply()
				before := r.container("web").ID
				r.engine.ResetCalls()
				r.engine.FailNext(c.fails, errors.New("no"))
				r.source.set("web", image("b:1"), setup("make"))
				r.apply()
				r.wantCalls(c.calls...)
				if r.container("web").ID != before {
					t.Error("another container")
				}
				r.want("dual-web:running")
				r.rest(time.Minute)
				r.want("dual-web:running")
				r.wantReady("web", "+Running")
				if got := r.image("web"); got != "b:1" {
					t.Errorf("image %s after the backoff", got)
				}
			})
		})
	}
}

func TestTwoSnapshotsInQuickSuccession(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		for _, ref := range []string{"a:1", "b:1", "c:1"} {
			r.source.set("web", image(ref))
			r.source.deliver()
		}
		synctest.Wait()
		r.want("dual-web:running")
		if got := r.image("web"); got != "c:1" {
			t.Errorf("image %s", got)
		}
		r.source.remove("web")
		r.source.deliver()
		r.source.set("web", image("c:1"))
		r.source.deliver()
		r.engine.ResetCalls()
		r.rest(time.Minute)
		r.wantCalls()
	})
}

func TestSettled(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		begun := time.Now()
		if r.Settled(begun) {
			t.Error("settled before the first snapshot")
		}
		gate := make(chan struct{})
		r.engine.HoldPull("a:1", gate)
		r.source.set("web", image("a:1"))
		r.source.set("db")
		r.apply()
		if r.Settled(begun) {
			t.Error("settled during a pull")
		}
		close(gate)
		synctest.Wait()
		if !r.Settled(begun) {
			t.Errorf("not settled: %s, %s", r.ready("web"), r.ready("db"))
		}
		r.rest(time.Second)
		if r.Settled(time.Now()) {
			t.Error("settled on manifests that were not read yet")
		}
		asked := time.Now()
		r.Rescan()
		synctest.Wait()
		if !r.Settled(asked) {
			t.Error("not settled after a rescan")
		}
		r.source.remove("db")
		r.apply()
		if r.Settled(asked) {
			t.Error("settled before the removal")
		}
		r.rest(3 * time.Second)
		if !r.Settled(asked) {
			t.Error("not settled after the removal")
		}
		r.engine.FailPull("b:1", engine.ErrImageNotFound)
		r.source.set("web", image("b:1"))
		r.apply()
		if !r.Settled(asked) {
			t.Errorf("what backs off is settled: %s", r.ready("web"))
		}
	})
}
