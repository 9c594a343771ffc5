package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
)

// waitFor is what wait waits for: the status of a condition, or removal if condition is empty.
type waitFor struct {
	condition, status string
}

func parseFor(s string) (waitFor, error) {
	if s == "delete" {
		return waitFor{}, nil
	}
	kind, rest, _ := strings.Cut(s, "=")
	condition, status, hasStatus := strings.Cut(rest, "=")
	if kind != "condition" || condition == "" {
		return waitFor{}, fmt.Errorf("--for=%s: want condition=TYPE[=STATUS], such as condition=Ready, or delete", s)
	}
	if !hasStatus {
		status = "True"
	}
	return waitFor{condition: condition, status: status}, nil
}

func (f waitFor) met(ws *v1alpha1.Workspace, deleted bool) bool {
	if deleted || f.condition == "" {
		return deleted && f.condition == ""
	}
	for _, c := range ws.Status.Conditions {
		if strings.EqualFold(c.Type, f.condition) {
			return strings.EqualFold(string(c.Status), f.status)
		}
	}
	// Conditions other than Ready are present only while they are true.
	return strings.EqualFold(f.status, "False") && !strings.EqualFold(f.condition, v1alpha1.ConditionReady)
}

func (f waitFor) String() string {
	if f.condition == "" {
		return "deleted"
	}
	return "condition met"
}

// stateText is the state of a workspace in short, or the previous text if the workspace has no Ready condition.
func stateText(ws *v1alpha1.Workspace, deleted bool, previous string) string {
	if deleted {
		return "Removed"
	}
	if ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return fmt.Sprintf("%s: %s", ready.Reason, print.FirstLine(ready.Message))
	}
	return previous
}
