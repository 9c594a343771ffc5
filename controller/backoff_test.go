package controller

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// mostTries is what the backoff leaves of an hour: 1 s doubling to 5 min.
const mostTries = 21

// Trap 20: a converged hour costs the resyncs' list calls and nothing else.
func TestTrap20AConvergedHourMakesNoMutatingCall(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", image("a:1"))
		r.source.set("db", stopped)
		r.source.set("limited", func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.CPU = ptr.To(resource.MustParse("2")) })
		r.source.set("job", command("job"), func(s *v1alpha1.WorkspaceSpec) { s.RestartPolicy = v1alpha1.RestartOnFailure })
		r.engine.Program([]string{"job"}, enginetest.Program{Exits: true})
		r.apply()
		r.rest(time.Minute)
		r.engine.ResetCalls()
		r.rest(time.Hour)
		counts := map[string]int{}
		for _, c := range r.engine.Calls() {
			counts[c.Op]++
		}
		if len(counts) != 1 || counts["List"] != 120 {
			t.Errorf("calls in an hour: %v, want 120 List", counts)
		}
		r.wantReady("job", "+Completed")
		// Snapshots that bring nothing new cost nothing either.
		r.engine.ResetCalls()
		for range 100 {
			r.apply()
		}
		if calls := r.engine.Calls(); len(calls) > 0 {
			t.Errorf("calls after equal snapshots: %v", calls)
		}
	})
}

// Trap 20: whatever fails for an hour is tried a few times, and nothing beside it happens.
func TestTrap20NothingThatFailsIsAHotLoop(t *testing.T) {
	no := errors.New("no")
	always := func(op string) func(*rig) {
		return func(r *rig) {
			r.engine.OnCall(func(c enginetest.Call) error {
				if c.Op == op && c.Phase == enginetest.Before {
					return no
				}
				return nil
			})
		}
	}
	for _, c := range []struct {
		name string
		// before and spec are the specs of before and of the hour.
		before, spec specEdit
		arrange      func(*rig)
		op           string
	}{
		{"pull", nil, image("a:1"), always("Pull"), "Pull"},
		{"pull for a replacement", image("a:1"), image("b:1"), always("Pull"), "Pull"},
		{"create", nil, image("a:1"), always("Create"), "Create"},
		{"create for a replacement", image("a:1"), image("b:1"), always("Create"), "Create"},
		{"start", nil, image("a:1"), always("Start"), "Start"},
		{"stop", image("a:1"), stopped2("a:1"), always("Stop"), "Stop"},
		{"stop for a replacement", image("a:1"), image("b:1"), always("Stop"), "Create"},
		{"rename", image("a:1"), image("b:1"), always("Rename"), "Create"},
		{"remove", image("a:1"), image("b:1"), always("Remove"), "Remove"},
		{"update", image("a:1"), limited("a:1"), always("Update"), "Update"},
		{"setup", nil, setup("make"), func(r *rig) {
			r.engine.OnRun(func(ctxt, engine.Container, []string) (engine.RunResult, error) {
				return engine.RunResult{ExitCode: 1}, nil
			})
		}, "Run"},
		{"crash", nil, command("crash"), func(r *rig) {
			r.engine.Program([]string{"crash"}, enginetest.Program{Exits: true, ExitCode: 1})
		}, "Start"},
		{"command not found in a replacement", image("a:1"), command("nosuch"), func(r *rig) {
			r.engine.Program([]string{"nosuch"}, enginetest.Program{Exits: true, ExitCode: 127})
		}, "Create"},
		{"unstartable replacement", image("a:1"), image("bad:1"), func(r *rig) {
			r.engine.AddPullable("bad:1", enginetest.ImageOptions{Unstartable: "no such file"})
		}, "Create"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				if c.before != nil {
					r.source.set("web", c.before)
					r.apply()
					r.wantReady("web", "+Running")
				}
				c.arrange(r)
				r.engine.ResetCalls()
				r.source.set("web", c.spec)
				r.apply()
				for range 60 { // Snapshots and resyncs meanwhile do not hasten it.
					r.rest(time.Minute)
					r.apply()
				}
				n := r.engine.Count(c.op)
				if n < 5 || n > mostTries {
					t.Errorf("%s was tried %d times in an hour, want 5 to %d", c.op, n, mostTries)
				}
				if all := r.engine.Mutations(); all > 8*mostTries {
					t.Errorf("%d mutating calls in an hour: %v", all, r.calls())
				}
				if reads := r.engine.Count("Inspect"); reads > 12*mostTries {
					t.Errorf("%d inspects in an hour", reads)
				}
				if c.before != nil && c.name != "remove" && c.name != "rename" {
					if got := r.container("web"); got.State != engine.StateRunning {
						t.Errorf("the container of before is %s", got.State)
					}
				}
				r.engine.OnCall(nil)
				r.engine.OnRun(nil)
				r.engine.AddPullable("bad:1", enginetest.ImageOptions{})
				r.engine.Program([]string{"crash"}, enginetest.Program{})
				r.engine.Program([]string{"nosuch"}, enginetest.Program{})
				r.engine.RemoveImage("bad:1")
				r.rest(6 * time.Minute)
				if got := r.ready("web"); got != "+Running" && got != "+Stopped" {
					t.Errorf("web is %s once it would succeed", got)
				}
			})
		})
	}
}

func stopped2(ref string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { image(ref)(s); stopped(s) }
}

func limited(ref string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) {
		image(ref)(s)
		s.Resources.Limits.CPU = ptr.To(resource.MustParse("2"))
	}
}

func TestCrashBackoffIsResetByTenMinutesOfRunning(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		for range 6 {
			_ = r.engine.Operator().Exit("dual-web", 1)
			r.rest(time.Minute)
		}
		r.want("dual-web:running")
		_ = r.engine.Operator().Exit("dual-web", 1)
		synctest.Wait()
		r.wantReady("web", "CrashLoopBackOff")
		r.rest(11*time.Minute + 5*time.Minute)
		r.wantReady("web", "+Running")
		_ = r.engine.Operator().Exit("dual-web", 1)
		synctest.Wait()
		r.wantReady("web", "+Running")
	})
}

// A deviation that could not be cured at once is not forgotten.
func TestLimitsChangedByHandHeal(t *testing.T) {
	two := engine.Limits{CPU: 2e9}
	spoil := func(r *rig) {
		if err := r.engine.Operator().Update("dual-web", engine.Limits{CPU: 1e9}, true); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	healed := func(r *rig) {
		r.Helper()
		if d := r.container("web").Details; d.Limits != two || d.EngineRestarts {
			r.Errorf("details %+v", d)
		}
	}
	for name, c := range map[string]func(*rig){
		"at once": spoil,
		"after a failure": func(r *rig) {
			r.engine.FailNext("Update", errors.New("device busy"))
			spoil(r)
			r.rest(time.Minute)
		},
		"after the engine was away": func(r *rig) {
			r.engine.SetUnavailable(true)
			spoil(r)
			r.rest(time.Minute)
			r.engine.SetUnavailable(false)
			r.rest(time.Minute)
		},
		"while no controller ran": func(r *rig) {
			r.stop()
			spoil(r)
			r.start()
			r.apply()
		},
		"while no controller ran, and more happened than the engine remembers": func(r *rig) {
			r.stop()
			r.rest(time.Second)
			spoil(r)
			if _, err := r.engine.Operator().AddForeign("busy"); err != nil {
				t.Fatal(err)
			}
			for i := range 300 {
				_ = r.engine.Operator().Rename([]string{"busy", "idle"}[i%2], []string{"idle", "busy"}[i%2])
			}
			r.start()
			r.apply()
			r.rest(2 * auditAfter)
		},
		"after a crash before the cure": func(r *rig) {
			r.crashAt(0)
			spoil(r)
			r.stop()
			r.engine.OnCall(nil)
			r.start()
			r.apply()
		},
		"after a pause of the workspace": func(r *rig) {
			r.source.set("web", limited("a:1"))
			r.source.workspaces["web"].Annotations = map[string]string{v1alpha1.AnnotationReconcile: v1alpha1.ReconcileDisabled}
			r.apply()
			spoil(r)
			r.rest(time.Minute)
			r.source.set("web", limited("a:1"))
			r.apply()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.start()
				r.source.set("web", limited("a:1"))
				r.apply()
				c(r)
				healed(r)
			})
		})
	}
}
