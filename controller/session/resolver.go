// Package session runs commands in the container of a workspace, and reads its output, for a user at a terminal.
package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// Engine is what a session needs of an engine.
type Engine interface {
	engine.Reader
	engine.Shell
}

// Resolver finds the container of a workspace. It is for one goroutine.
type Resolver struct {
	Engine              Engine
	Instance, Workspace string
	// Directory of the manifests.
	Directory string
	// Manifests reads the workspaces of the manifests. It is called once, and only if it is needed.
	Manifests func(ctx context.Context) map[string]*manifest.Workspace
	// Condition returns the Ready condition that a running controller reports of the workspace, as "Reason: message".
	// It returns "" if no controller runs, or none knows the workspace.
	Condition func(ctx context.Context) string
	// Notice prints a line for the user.
	Notice func(line string)

	desired map[string]*manifest.Workspace
	// waitStart is when the wait for the workspace began, noticed whether the user was notified of it.
	waitStart time.Time
	noticed   bool
}

// lookup is the result of finding a workspace's container.
type lookup struct {
	// container is the current one; nil if there is none.
	container *engine.Container
	// spec that the container records.
	spec v1alpha1.WorkspaceSpec
	// replacing is set if the workspace has several containers.
	replacing bool
}

// lookup needs one call of the engine if the workspace runs under its own name.
func (r *Resolver) lookup(ctx context.Context) (lookup, error) {
	if len(validation.IsDNS1123Label(r.Workspace)) > 0 {
		// It cannot be a workspace, and the engine must not take it for a path.
		return lookup{}, r.unknown(ctx)
	}
	c, err := r.Engine.Look(ctx, v1alpha1.ContainerName(r.Workspace))
	switch {
	case errors.Is(err, engine.ErrNotFound):
	case err != nil:
		return lookup{}, err
	case c.Labels[v1alpha1.LabelInstance] != r.Instance || c.Labels[v1alpha1.LabelWorkspace] != r.Workspace:
		return lookup{}, r.nameConflict(c)
	case c.State == engine.StateRunning:
		return lookup{container: &c}, nil
	}
	all, err := r.Engine.List(ctx, r.Instance)
	if err != nil {
		return lookup{}, err
	}
	all = slices.DeleteFunc(all,
		func(c engine.Container) bool { return c.Labels[v1alpha1.LabelWorkspace] != r.Workspace })
	current, record := plan.CurrentOf(r.Instance, r.Workspace, all)
	l := lookup{container: current, spec: record.WorkspaceSpec, replacing: len(all) > 1}
	// The controller may read other manifests than this process.
	if l.container == nil && r.manifest(ctx) == nil && r.Condition(ctx) == "" {
		return l, r.unknown(ctx)
	}
	return l, nil
}

// manifest returns the workspace's manifest, or nil.
func (r *Resolver) manifest(ctx context.Context) *manifest.Workspace {
	if r.desired == nil {
		r.desired = r.Manifests(ctx)
	}
	return r.desired[r.Workspace]
}

// findEvery is how often a workspace that is waited for is looked up.
const findEvery = 50 * time.Millisecond

// Running returns the workspace's container as soon as it runs, and notifies the user of the wait. The wait begins with
// the engine's first answer, so that a slow engine does not use it up.
func (r *Resolver) Running(ctx context.Context, wait time.Duration) (engine.Container, error) {
	for {
		l, err := r.lookup(ctx)
		if r.waitStart.IsZero() {
			r.waitStart = time.Now()
		}
		switch {
		case err != nil:
			return engine.Container{}, err
		case l.container != nil && l.container.State == engine.StateRunning:
			return *l.container, nil
		case l.container != nil && l.container.State == engine.StatePaused:
			return engine.Container{}, fmt.Errorf("workspace %s is paused: resume it with docker unpause %s",
				r.Workspace, l.container.Name)
		case r.mustBeStopped(ctx, l):
			return engine.Container{}, fmt.Errorf("workspace %s is stopped, as its spec.state asks", r.Workspace)
		case time.Since(r.waitStart) >= wait:
			return engine.Container{}, r.notRunning(ctx, l, wait)
		}
		if !r.noticed {
			r.noticed = true
			r.Notice(fmt.Sprintf("waiting for workspace %s: it is %s", r.Workspace, l.progress()))
		}
		if err := pause.For(ctx, findEvery); err != nil {
			return engine.Container{}, err
		}
	}
}

// mustBeStopped reports whether a wait would be in vain.
func (r *Resolver) mustBeStopped(ctx context.Context, l lookup) bool {
	spec := l.spec
	if w := r.manifest(ctx); w != nil {
		spec = w.Spec
	}
	return spec.State == v1alpha1.StateStopped
}

// progress describes what the controller seems to be doing.
func (l lookup) progress() string {
	switch {
	case l.replacing:
		return "being replaced"
	case l.container == nil:
		return "being created"
	case l.container.State == engine.StateCreated:
		return "being started"
	case l.container.State == engine.StateExited:
		return "not running now"
	}
	return string(l.container.State)
}
