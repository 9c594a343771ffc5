package print

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// What was removed is neither ready nor unready, and what is paused is ready only where its condition says so.
func TestProgressSums(t *testing.T) {
	var out strings.Builder
	p := &Progress{out: &out, lines: map[string]line{}}
	show := func(name string, ready bool, reason string, deleted bool) {
		ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		status := metav1.ConditionFalse
		if ready {
			status = metav1.ConditionTrue
		}
		ws.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason}}
		p.Show(ws, deleted)
	}
	show("gone", true, v1alpha1.ReasonRunning, false)
	show("gone", false, v1alpha1.ReasonRemoving, true)
	show("asleep", true, v1alpha1.ReasonPaused, false)
	show("down", false, v1alpha1.ReasonPaused, false)
	show("odd", false, "", false)
	p.End()
	if got := out.String(); !strings.HasSuffix(got, "\n1 of 3 ready, 1 removed\n") {
		t.Errorf("sum: %s", got)
	}
	if got, want := p.Unready(), "down (Paused), odd (nothing known of it yet)"; got != want {
		t.Errorf("unready: %s, want %s", got, want)
	}
}
