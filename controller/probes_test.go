package controller

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func probe(s *v1alpha1.WorkspaceSpec) {
	s.LivenessProbe = &v1alpha1.Probe{
		Exec: v1alpha1.ExecAction{Command: []string{"probe"}}, InitialDelaySeconds: 5, PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 3,
	}
}

func onLAN(s *v1alpha1.WorkspaceSpec) { s.Network = "lan" }

// probing counts probes and lets them answer with an exit code, or not at all where it is negative.
type probing struct{ n, code atomic.Int64 }

func (r *rig) probing() *probing {
	p := &probing{}
	r.engine.OnRun(func(ctx ctxt, _ engine.Container, command []string) (engine.RunResult, error) {
		if command[0] != "probe" {
			return engine.RunResult{}, nil
		}
		p.n.Add(1)
		if p.code.Load() < 0 {
			<-ctx.Done()
			return engine.RunResult{}, ctx.Err()
		}
		return engine.RunResult{ExitCode: int(p.code.Load())}, nil
	})
	return p
}

func TestProbeRestartsAnUnhealthyWorkspace(t *testing.T) {
	for name, code := range map[string]int64{"fails": 1, "hangs": -1} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				p := r.probing()
				r.start()
				r.source.set("web", probe)
				r.apply()
				started := r.container("web").Details.StartedAt
				r.rest(4 * time.Second)
				if p.n.Load() != 0 {
					t.Error("probed during the initial delay")
				}
				r.rest(2 * time.Second)
				p.code.Store(code)
				r.rest(25 * time.Second)
				if !r.container("web").Details.StartedAt.Equal(started) {
					t.Error("restarted before the threshold")
				}
				p.code.Store(0)
				r.rest(10 * time.Second) // One success forgets the failures.
				p.code.Store(code)
				r.rest(20 * time.Second)
				if !r.container("web").Details.StartedAt.Equal(started) {
					t.Error("restarted before the threshold")
				}
				r.rest(15 * time.Second)
				if r.container("web").Details.StartedAt.Equal(started) {
					t.Error("not restarted")
				}
				p.code.Store(0)
				r.rest(time.Minute)
				r.wantReady("web", "+Running")
				if n := r.states.get("web").Status.RestartCount; n != 1 {
					t.Errorf("%d restarts", n)
				}
			})
		})
	}
}

// Trap 20: probes are no work of the loop, and one that never succeeds restarts ever less often.
func TestTrap20Probes(t *testing.T) {
	bubble(t, func(r *rig) {
		p := r.probing()
		r.start()
		r.source.set("web", probe)
		r.apply()
		r.rest(time.Minute)
		r.engine.ResetCalls()
		r.rest(time.Hour)
		runs := r.engine.Count("Run")
		if runs < 350 || runs > 360 || r.engine.Mutations() != runs || r.engine.Count("Inspect") != 0 {
			t.Errorf("%d probes in an hour, %d inspects, calls %d", runs, r.engine.Count("Inspect"), len(r.engine.Calls()))
		}
		p.code.Store(1)
		r.engine.ResetCalls()
		r.rest(time.Hour)
		if n := r.engine.Count("Start"); n < 5 || n > mostTries {
			t.Errorf("%d restarts in an hour", n)
		}
	})
}

func TestProbeFollowsItsContainer(t *testing.T) {
	bubble(t, func(r *rig) {
		p := r.probing()
		quiet := func(when string) {
			r.Helper()
			before := p.n.Load()
			r.rest(time.Minute)
			if p.n.Load() != before {
				t.Errorf("probed %s", when)
			}
		}
		r.start()
		stoppedProbe := func(s *v1alpha1.WorkspaceSpec) { probe(s); stopped(s) }
		r.source.set("web", stoppedProbe)
		r.apply()
		quiet("while created")
		r.source.set("web", probe)
		r.apply()
		r.rest(time.Minute)
		if p.n.Load() == 0 {
			t.Error("not probed while running")
		}
		r.source.set("web", stoppedProbe)
		r.apply()
		quiet("while stopped")
		r.source.set("web", probe)
		r.source.workspaces["web"].Annotations = map[string]string{v1alpha1.AnnotationReconcile: v1alpha1.ReconcileDisabled}
		r.apply()
		quiet("while paused")
		r.source.set("web", probe)
		r.apply()
		before := p.n.Load()
		r.rest(time.Minute)
		if p.n.Load() == before {
			t.Error("not probed after the pause")
		}
		r.source.set("web")
		r.apply()
		quiet("without a probe")
		r.source.set("web", probe)
		r.apply()
		r.source.remove("web")
		r.apply()
		r.rest(3 * time.Second)
		quiet("after the removal")
	})
}

// Unhealthy of before does not count against another probe.
func TestProbeThatIsRemovedAndComesBackStartsAnew(t *testing.T) {
	bubble(t, func(r *rig) {
		p := r.probing()
		r.start()
		r.source.set("web", probe)
		r.apply()
		p.code.Store(1)
		for r.ready("web") != "Unhealthy" {
			r.rest(time.Second)
			if r.states.get("web").Status.RestartCount > 5 {
				t.Fatal("never backing off")
			}
		}
		r.source.set("web")
		r.apply()
		r.wantReady("web", "+Running")
		restarts := r.states.get("web").Status.RestartCount
		p.code.Store(0)
		r.source.set("web", probe)
		r.apply()
		r.rest(time.Hour)
		if n := r.states.get("web").Status.RestartCount; n != restarts {
			t.Errorf("%d restarts, %d before", n, restarts)
		}
		r.wantReady("web", "+Running")
	})
}
