package controller

import (
	"context"
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Outages returns the workspaces that should run and do not, each with the reason of its condition, as the engine has
// them now. It is called at the end: what is down then stays down until the next controller starts.
func (c *Controller) Outages(ctx context.Context) ([]string, error) {
	containers, err := c.parts.engine.List(ctx, c.parts.options.Instance)
	if err != nil {
		return nil, err
	}
	runs := map[string]bool{}
	for _, container := range containers {
		if container.State == engine.StateRunning && c.parts.owned(container) {
			runs[container.Labels[v1alpha1.LabelWorkspace]] = true
		}
	}
	var down []string
	for _, ws := range c.Workspaces() {
		why := readyReason(ws.Status)
		if runs[ws.Name] || ws.Spec.State == v1alpha1.StateStopped || why == v1alpha1.ReasonCompleted || why == v1alpha1.ReasonRemoving {
			continue
		}
		if why == v1alpha1.ReasonRunning {
			why = "it ended just now"
		}
		down = append(down, fmt.Sprintf("%s (%s)", ws.Name, why))
	}
	return down, nil
}
