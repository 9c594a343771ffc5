package controller

import (
	"context"
	"errors"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// volumes fills in what a removal has to know about volumes: those of the instance, and the names that others use.
func (c *Controller) volumes(ctx context.Context, in *plan.Input, s *manifest.Snapshot) (err error) {
	in.Volumes, err = c.Engine.Volumes(ctx, c.Instance)
	in.NamedElsewhere = c.namedElsewhere(in.Name, s)
	return err
}

// namedElsewhere are the volumes that a manifest in force or a container's record of another workspace names. A manifest that
// is not ready counts like any other, and where it cannot be read the container's record does.
func (c *Controller) namedElsewhere(name string, s *manifest.Snapshot) map[string]bool {
	named := map[string]bool{}
	add := func(spec v1alpha1.WorkspaceSpec) {
		for _, m := range spec.Mounts {
			if m.Name != "" {
				named[m.Name] = true
			}
		}
	}
	if s != nil {
		for other, w := range s.Workspaces {
			if other != name {
				add(w.Spec)
			}
		}
	}
	for _, container := range c.cache.All() {
		if container.Labels[v1alpha1.LabelWorkspace] == name {
			continue
		}
		if record, err := specdiff.Parse(container.Labels[v1alpha1.LabelSpec]); err == nil {
			add(record.WorkspaceSpec)
		}
	}
	return named
}

// removeVolume removes a volume, unless another manifest or container names it by now. One that is in use stays, too.
func (x *execution) removeVolume(ctx context.Context, name string) error {
	err := engine.ErrInUse
	if !x.namedElsewhere(x.plan.Name, x.desired.latest())[name] {
		err = x.Engine.RemoveVolume(ctx, name)
	}
	if errors.Is(err, engine.ErrInUse) {
		x.kept = append(x.kept, name)
		return nil
	}
	if err == nil {
		x.removed = append(x.removed, name)
	}
	return err
}

// volumesText says which volumes a removal removed, and which it kept.
func (x *execution) volumesText() string {
	text := ""
	if len(x.removed) > 0 {
		text += "; removed volumes " + strings.Join(x.removed, ", ")
	}
	if len(x.kept) > 0 {
		text += "; kept volumes that are in use: " + strings.Join(x.kept, ", ")
	}
	return text
}
