// Package status keeps what the controller knows about workspaces in the state directory: their conditions, their events, and
// the memory that plans depend on.
package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Conditions are the conditions of a verdict in kstatus' terms: Ready always, Reconciling and Stalled only while true.
// LastTransitionTime moves only when a condition's status does. reconciling is the reason while an action runs, else empty.
func Conditions(before []metav1.Condition, v plan.Verdict, reconciling, message string, now time.Time) []metav1.Condition {
	ready := metav1.ConditionFalse
	if v.Ready {
		ready = metav1.ConditionTrue
	}
	reason, text := v.Reason, v.Message.In(time.Local)
	if reconciling != "" {
		reason, text = reconciling, message
	}
	out := []metav1.Condition{condition(before, v1alpha1.ConditionReady, ready, reason, text, now)}
	if reconciling != "" || v.Reconciling && !v.Stalled {
		out = append(out, condition(before, v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, text, now))
	}
	if v.Stalled && reconciling == "" {
		out = append(out, condition(before, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, text, now))
	}
	for _, n := range v.Notices {
		out = append(out, condition(before, n.Type, metav1.ConditionTrue, n.Reason, n.Message, now))
	}
	return out
}

// Notices are the conditions beside those of kstatus, as a verdict carries them.
func Notices(conditions []metav1.Condition) []plan.Notice {
	var out []plan.Notice
	for _, c := range conditions {
		switch c.Type {
		case v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled:
		default:
			out = append(out, plan.Notice{Type: c.Type, Reason: c.Reason, Message: c.Message})
		}
	}
	return out
}

// condition updates one of the earlier conditions, or makes it. Its transition time moves only when its status does.
func condition(
	before []metav1.Condition, kind string, is metav1.ConditionStatus, reason, message string, now time.Time,
) metav1.Condition {
	var one []metav1.Condition
	if c := meta.FindStatusCondition(before, kind); c != nil {
		one = append(one, *c)
	}
	meta.SetStatusCondition(&one, metav1.Condition{
		Type: kind, Status: is, Reason: reason, Message: printable.Text(message),
		LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)),
	})
	return one[0]
}
