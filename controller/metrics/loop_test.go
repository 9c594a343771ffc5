package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// container is the id of the container of a workspace.
func (r *rig) container(name string) string {
	r.Helper()
	c, ok := r.engine.Get(v1alpha1.ContainerName(name))
	if !ok {
		r.Fatalf("workspace %s has no container", name)
	}
	return c.ID
}

func TestNothingYet(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.hangs = true
		r.start()
		s := r.scrape()
		s.want(`workspaces{ready="True",reason="Running"}`, 0)
		s.want(`restarts_total{cause="exit"}`, 0)
		s.want(`actions_total{kind="remove",result="failed"}`, 0)
		s.want(`reconciles_total{result="error"}`, 0)
		s.want(`manifests_problems{reason="InvalidManifest"}`, 0)
		s.want(`held_removals{reason="DirectoryMissing"}`, 0)
		if _, there := s.values["dual_reconciler_manifests_last_read_timestamp_seconds"]; there {
			t.Error("the manifests have a time of their last read before the first")
		}
		r.wantGet("/readyz", 503, "not read yet")
		r.wantGet("/healthz", 200, "ok")
	})
}

func TestLifeOfAWorkspace(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.AddPullable("b:1", enginetest.ImageOptions{})
		r.start()
		r.set(workspace("shop", "busybox:latest"))
		s := r.scrape()
		s.want(`actions_total{kind="create",result="done"}`, 1)
		s.want(`workspaces{ready="True",reason="Running"}`, 1)
		s.want(`reconciles_total{result="done"}`, 1)
		// How many passes find nothing to do depends on when the engine's events come.
		unchanged := s.values[`dual_reconciler_reconciles_total{result="unchanged"}`]
		if unchanged < 1 {
			t.Errorf("%v passes found nothing to do", unchanged)
		}
		s.want(`reconcile_duration_seconds_count`, 1+unchanged)
		s.want(`queue_latency_seconds_count`, 1+unchanged)
		s.want(`queue_depth`, 0)
		s.want(`engine_calls_total{operation="create",result="ok"}`, 1)
		s.want(`engine_call_duration_seconds_count{operation="create",result="ok"}`, 1)
		s.want(`event_stream_connects_total`, 1)
		s.want(`engine_up`, 1)
		r.wantGet("/readyz", 200, "ok")

		r.set(workspace("shop", "b:1"))
		r.rest(plan.StartCheckAfter)
		s = r.scrape()
		s.want(`actions_total{kind="recreate",result="done"}`, 1)
		s.want(`engine_calls_total{operation="pull",result="ok"}`, 1)
		s.want(`restarts_total{cause="exit"}`, 0)

		if err := r.engine.Operator().Exit(r.container("shop"), 1); err != nil {
			t.Fatal(err)
		}
		r.rest(time.Second)
		r.scrape().want(`restarts_total{cause="exit"}`, 1)

		r.set(func(s *manifest.Snapshot) { delete(s.Workspaces, "shop") })
		r.rest(5 * time.Second)
		s = r.scrape()
		s.want(`actions_total{kind="remove",result="done"}`, 1)
		s.want(`workspaces{ready="True",reason="Running"}`, 0)
		if strings.Contains(s.text, "shop") {
			t.Errorf("a workspace's name is in the scrape:\n%s", s.text)
		}
	})
}

func TestRestartsByCause(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.OnRun(func(context.Context, engine.Container, []string) (engine.RunResult, error) {
			return engine.RunResult{ExitCode: 1}, nil
		})
		r.start()
		r.set(workspace("asked", "busybox:latest"))
		if err := r.RequestRestart("asked", "a test"); err != nil {
			t.Fatal(err)
		}
		r.rest(time.Second)
		s := r.scrape()
		s.want(`restarts_total{cause="request"}`, 1)
		s.want(`restarts_total{cause="probe"}`, 0)
		r.set(func(s *manifest.Snapshot) {
			delete(s.Workspaces, "asked")
			workspace("sick", "busybox:latest")(s)
			s.Workspaces["sick"].Spec.LivenessProbe = &v1alpha1.Probe{
				Exec: v1alpha1.ExecAction{Command: []string{"false"}}, PeriodSeconds: 1, FailureThreshold: 1,
			}
		})
		r.rest(500 * time.Millisecond)
		s = r.scrape()
		s.want(`restarts_total{cause="probe"}`, 1)
		s.want(`restarts_total{cause="exit"}`, 0)
	})
}

func TestFailuresAndProblems(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.engine.FailNext("Create", errors.New("the engine says no"))
		r.set(func(s *manifest.Snapshot) {
			workspace("a", "busybox:latest")(s)
			s.Problems = []manifest.Problem{
				{Fault: decode.Fault{File: "x.yaml", Message: "broken"}, Reason: v1alpha1.ReasonInvalidManifest},
				{Fault: decode.Fault{File: "y.yaml", Message: "broken"}, Reason: v1alpha1.ReasonInvalidManifest},
				{Fault: decode.Fault{File: "z.yaml", Message: "twice"}, Reason: v1alpha1.ReasonDuplicateName},
			}
		})
		s := r.scrape()
		s.want(`actions_total{kind="create",result="failed"}`, 1)
		s.want(`actions_total{kind="create",result="done"}`, 0)
		s.want(`reconciles_total{result="failed"}`, 1)
		s.want(`workspaces{ready="False",reason="CreateFailed"}`, 1)
		s.want(`engine_calls_total{operation="create",result="error"}`, 1)
		s.want(`manifests_problems{reason="InvalidManifest"}`, 2)
		s.want(`manifests_problems{reason="DuplicateName"}`, 1)
		s.want(`manifests_last_read_timestamp_seconds`, float64(time.Now().UnixMilli())/1e3)
		r.rest(2 * time.Second)
		r.scrape().want(`actions_total{kind="create",result="done"}`, 1)
	})
}

func TestHeldRemovals(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.set(workspace("a", "busybox:latest"))
		r.set(workspace("b", "busybox:latest"))
		r.set(func(s *manifest.Snapshot) {
			delete(s.Workspaces, "a")
			s.Holds = []manifest.Hold{
				{Reason: manifest.HoldUnparsable, Message: "x.yaml"},
				{Reason: manifest.HoldUnparsable, Message: "y.yaml"},
				{Reason: manifest.HoldGitOperation, Message: "a rebase"},
			}
		})
		r.rest(time.Minute)
		s := r.scrape()
		s.want(`held_removals{reason="Unparsable"}`, 1)
		s.want(`held_removals{reason="GitOperation"}`, 1)
		s.want(`held_removals{reason="DirectoryMissing"}`, 0)
		s.want(`held_removals{reason="OtherDirectory"}`, 0)
		s.want(`actions_total{kind="remove",result="done"}`, 0)
		r.set(func(s *manifest.Snapshot) { s.Holds = nil })
		r.rest(time.Minute)
		s = r.scrape()
		s.want(`held_removals{reason="Unparsable"}`, 0)
		s.want(`actions_total{kind="remove",result="done"}`, 1)
	})
}

func TestHeldForAnotherDirectory(t *testing.T) {
	bubble(t, func(r *rig) {
		id, err := r.engine.Create(t.Context(), engine.ContainerSpec{Name: "dual-a", Image: "busybox:latest", Labels: map[string]string{
			v1alpha1.LabelInstance: "test", v1alpha1.LabelWorkspace: "a", v1alpha1.LabelManifests: "/elsewhere",
			v1alpha1.LabelSpec: `{"image":"busybox:latest"}`,
		}})
		if err != nil {
			t.Fatal(err)
		}
		r.start()
		r.rest(time.Minute)
		s := r.scrape()
		s.want(`held_removals{reason="OtherDirectory"}`, 1)
		s.want(`held_removals{reason="Unparsable"}`, 0)
		if r.container("a") != id {
			t.Error("the container of another directory was replaced")
		}
	})
}

func TestCrashLoop(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.Program([]string{"false"}, enginetest.Program{Exits: true, ExitCode: 1})
		r.start()
		r.set(func(s *manifest.Snapshot) {
			workspace("a", "busybox:latest")(s)
			s.Workspaces["a"].Spec.Command = []string{"false"}
		})
		r.rest(time.Minute)
		s := r.scrape()
		s.want(`workspaces{ready="False",reason="CrashLoopBackOff"}`, 1)
		if n := s.values[`dual_reconciler_restarts_total{cause="exit"}`]; n < 4 || n > 8 {
			t.Errorf("%v restarts within a minute", n)
		}
		if s.values["dual_reconciler_queue_delayed_adds_total"] < 4 {
			t.Error("backoffs are not counted")
		}
	})
}
