package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// nameConflict refuses a container that is not the workspace's.
func (r *Resolver) nameConflict(c engine.Container) error {
	owner := "which is not ours"
	if other := c.Labels[v1alpha1.LabelInstance]; other != "" && other != r.Instance {
		owner = fmt.Sprintf("of instance %q: give --instance %s", other, other)
	}
	return fmt.Errorf("%s: the name %s is held by container %.12s, %s",
		v1alpha1.ReasonNameConflict, c.Name, c.ID, owner)
}

// unknownError is the error of a name that no workspace has.
type unknownError struct{ text string }

func (e unknownError) Error() string { return e.text }

// unknown lists the workspaces that there are, in the manifests and on the engine.
func (r *Resolver) unknown(ctx context.Context) error {
	r.manifest(ctx)
	names := map[string]bool{}
	for name := range r.desired {
		names[name] = true
	}
	all, err := r.Engine.List(ctx, r.Instance)
	if err != nil {
		return err
	}
	for _, c := range all {
		if plan.Owned(r.Instance, plan.Memory{}, c) {
			names[c.Labels[v1alpha1.LabelWorkspace]] = true
		}
	}
	known := slices.Sorted(maps.Keys(names))
	text := fmt.Sprintf("no workspace %q in instance %q", r.Workspace, r.Instance)
	best, similar := suggest.Nearest(r.Workspace, known)
	const many = 10
	switch {
	case similar:
		text += fmt.Sprintf(": did you mean %q?", best)
	case len(known) > many:
		text += fmt.Sprintf(": it has %s and %d more", strings.Join(known[:many], ", "), len(known)-many)
	case len(known) > 0:
		text += ": it has " + strings.Join(known, ", ")
	default:
		text += ", and no manifests in " + r.Directory
	}
	return unknownError{text}
}

// notRunning returns the reason, from the running controller if there is one.
func (r *Resolver) notRunning(ctx context.Context, l lookup, waited time.Duration) error {
	text := fmt.Sprintf("workspace %s does not run", r.Workspace)
	if waited > 0 {
		text = fmt.Sprintf("workspace %s did not run within %s", r.Workspace, waited)
	}
	if condition := r.Condition(ctx); condition != "" {
		return fmt.Errorf("%s: %s", text, condition)
	}
	state := "it has no container"
	if l.container != nil {
		state = "its container is " + string(l.container.State)
	}
	return fmt.Errorf("%s: %s, and no controller of instance %q answers that could change that",
		text, state, r.Instance)
}
