package status_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func short(conditions []metav1.Condition, start time.Time) string {
	var out []string
	for _, c := range conditions {
		out = append(out, fmt.Sprintf("%s=%s %s %q @%s", c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime.Sub(start)))
	}
	return strings.Join(out, "; ")
}

// A condition's time moves with its status only; Reconciling and Stalled are there only while true.
func TestConditions(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pending := plan.Verdict{Reason: "Pending", Message: plan.Text{"waiting to be created"}}
	running := plan.Verdict{Ready: true, Reason: "Running", Message: plan.Text{"runs"}}
	crashing := plan.Verdict{Reason: "CrashLoopBackOff", Message: plan.Text{"exited"}, Stalled: true}
	broken := plan.Verdict{Reason: "InvalidManifest", Message: plan.Text{"line 3"}, Stalled: true}
	var conditions []metav1.Condition
	for i, s := range []struct {
		verdict              plan.Verdict
		reconciling, message string
		want                 string
	}{
		{pending, "Pulling", "1%", `Ready=False Pulling "1%" @0s; Reconciling=True Pulling "1%" @0s`},
		{pending, "Pulling", "2%", `Ready=False Pulling "2%" @0s; Reconciling=True Pulling "2%" @0s`},
		{running, "", "", `Ready=True Running "runs" @2s`},
		{running, "", "", `Ready=True Running "runs" @2s`},
		{crashing, "", "", `Ready=False CrashLoopBackOff "exited" @4s; Stalled=True CrashLoopBackOff "exited" @4s`},
		{broken, "", "", `Ready=False InvalidManifest "line 3" @4s; Stalled=True InvalidManifest "line 3" @4s`},
		{crashing, "Starting", "again", `Ready=False Starting "again" @4s; Reconciling=True Starting "again" @6s`},
		{running, "", "", `Ready=True Running "runs" @7s`},
	} {
		now := start.Add(time.Duration(i)*time.Second + 300*time.Millisecond)
		conditions = status.Conditions(conditions, s.verdict, s.reconciling, s.message, now)
		if got := short(conditions, start); got != s.want {
			t.Errorf("%d:\n got %s\nwant %s", i, got, s.want)
		}
	}
}

// An action that runs on a workspace that is ready shows, and takes its readiness away only with its verdict.
func TestConditionsOfAnUpdateInPlace(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	got := short(status.Conditions(nil, plan.Verdict{Ready: true, Reason: "Running", Message: plan.Text{"runs"}}, "Updating", "update", now), now)
	if want := `Ready=True Updating "update" @0s; Reconciling=True Updating "update" @0s`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
