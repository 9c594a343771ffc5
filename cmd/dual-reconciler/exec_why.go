package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/server"
)

// condition is what a running controller says of the workspace, as "Reason: message"; empty where none runs or none knows it.
func (f *finder) condition(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	list, err := server.NewClient(f.g.instanceDir()).List(ctx, false)
	if err != nil {
		return ""
	}
	for _, ws := range list.Items {
		if ws.Name != f.name {
			continue
		}
		if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
			return c.Reason + ": " + print.FirstLine(c.Message)
		}
		return v1alpha1.ReasonPending + ": not looked at yet"
	}
	return ""
}

// notRunning says why, in the controller's words where there are any.
func (f *finder) notRunning(ctx context.Context, s sighting, waited time.Duration) error {
	text := fmt.Sprintf("workspace %s does not run", f.name)
	if waited > 0 {
		text = fmt.Sprintf("workspace %s did not run within %s", f.name, waited)
	}
	if why := f.condition(ctx); why != "" {
		return fmt.Errorf("%s: %s", text, why)
	}
	state := "it has no container"
	if s.container != nil {
		state = "its container is " + string(s.container.State)
	}
	return fmt.Errorf("%s: %s, and no controller of instance %q answers that could change that", text, state, f.g.instance)
}
