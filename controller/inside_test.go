package controller

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// hangs makes commands that contain "hang" go on until they are ended.
func (r *rig) hangs() {
	r.engine.OnRun(func(ctx ctxt, _ engine.Container, command []string) (engine.RunResult, error) {
		if strings.Contains(strings.Join(command, " "), "hang") {
			<-ctx.Done()
			return engine.RunResult{}, ctx.Err()
		}
		return engine.RunResult{}, nil
	})
}

func (r *rig) wantRunning(mark engine.Mark, name string, want int) {
	r.Helper()
	if n := r.engine.Running(r.container(name).ID, mark); n != want {
		r.Errorf("%d processes of a %s, want %d", n, mark, want)
	}
	if most := r.engine.MostRunning(mark); most > 1 {
		r.Errorf("%d processes of a %s at a time", most, mark)
	}
}

func TestAnEditBesideASetupLeavesItAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.hangs()
		r.start()
		r.source.set("web", setup("hang"))
		r.apply()
		r.wantReady("web", "SettingUp")
		id := r.container("web").ID
		r.engine.ResetCalls()
		r.source.set("web", setup("hang"), cpuLimit("1"), func(s *v1alpha1.WorkspaceSpec) { s.SetupTimeoutSeconds = 60 })
		r.apply()
		r.wantCalls("Update")
		r.wantReady("web", "SettingUp")
		r.wantRunning(engine.MarkSetup, "web", 1)
		r.rest(59 * time.Second)
		r.wantReady("web", "SettingUp")
		r.rest(2 * time.Second) // The new limit counts from the start.
		if r.engine.Count("Run") != 1 && r.engine.Count("Run") != 2 {
			t.Errorf("%d setups ended", r.engine.Count("Run"))
		}
		if r.container("web").ID != id {
			t.Error("recreated")
		}
		r.wantRunning(engine.MarkSetup, "web", 1)
	})
}

func TestASetupThatHangsIsEndedAndFails(t *testing.T) {
	bubble(t, func(r *rig) {
		r.hangs()
		r.start()
		r.source.set("web", setup("hang"), func(s *v1alpha1.WorkspaceSpec) { s.SetupTimeoutSeconds = 20 })
		r.apply()
		r.rest(20 * time.Second)
		r.wantReady("web", "SetupFailed")
		r.wantRunning(engine.MarkSetup, "web", 0)
		if text := r.records.store.Get("web").Memory.Failures[plan.KindSetup].Message; !strings.Contains(text, "spec.setupTimeoutSeconds (20s)") {
			t.Errorf("message %q", text)
		}
		r.rest(time.Second)
		r.wantReady("web", "SettingUp")
		r.wantRunning(engine.MarkSetup, "web", 1)
	})
}

func TestHealingAndRequestsDoNotWaitForASetup(t *testing.T) {
	bubble(t, func(r *rig) {
		r.hangs()
		r.engine.AddNetwork("lan")
		r.start()
		r.source.set("web", setup("hang"), onLAN)
		r.apply()
		out := r.engine.Operator()
		for what, do := range map[string]func() error{
			"pause":      func() error { return out.Pause("dual-web") },
			"disconnect": func() error { return r.engine.Operator().Disconnect(r.container("web").ID, "lan") },
		} {
			if err := do(); err != nil {
				t.Fatal(what, err)
			}
			r.rest(time.Second)
			if c := r.container("web"); c.State != engine.StateRunning || len(c.Networks) == 0 {
				t.Errorf("%s: not healed: %+v", what, c)
			}
			r.wantReady("web", "SettingUp")
			r.wantRunning(engine.MarkSetup, "web", 1)
		}
		started := r.container("web").Details.StartedAt
		r.rest(time.Minute)
		if err := r.RequestRestart("web", "a test"); err != nil {
			t.Fatal(err)
		}
		r.rest(time.Second)
		if !r.container("web").Details.StartedAt.After(started) {
			t.Error("not restarted")
		}
		r.wantReady("web", "SettingUp")
		r.wantRunning(engine.MarkSetup, "web", 1)
		if n := len(r.records.store.Get("web").Memory.Failures); n != 0 {
			t.Errorf("%d failures: a setup that was ended has not failed", n)
		}
	})
}

func TestTheNextControllerEndsASetupBeforeItRunsItAgain(t *testing.T) {
	bubble(t, func(r *rig) {
		r.hangs()
		r.start()
		r.source.set("web", setup("hang"))
		r.apply()
		r.stop()
		r.wantRunning(engine.MarkSetup, "web", 1)
		r.start()
		r.apply()
		r.wantReady("web", "SettingUp")
		r.wantRunning(engine.MarkSetup, "web", 1)
		r.source.set("web", setup("true"))
		r.replace()
		r.wantReady("web", "+Running")
		r.source.remove("web")
		r.apply()
		r.rest(3 * time.Second)
		r.want("")
	})
}

func TestAProbeThatHangsIsEndedBeforeTheNext(t *testing.T) {
	bubble(t, func(r *rig) {
		r.hangs()
		r.start()
		r.source.set("web", probe, func(s *v1alpha1.WorkspaceSpec) {
			s.LivenessProbe.Exec.Command, s.LivenessProbe.FailureThreshold = []string{"hang"}, 1000
		})
		r.apply()
		r.rest(time.Minute)
		r.wantRunning(engine.MarkProbe, "web", 0)
		r.rest(6 * time.Second)
		r.stop()
		r.start()
		r.apply()
		r.rest(time.Minute)
		r.wantRunning(engine.MarkProbe, "web", 0)
		synctest.Wait()
	})
}

func cpuLimit(cpu string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.CPU = ptr.To(resource.MustParse(cpu)) }
}
