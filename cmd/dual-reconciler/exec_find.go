package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// findEvery is how often a workspace is looked at that is waited for.
const findEvery = 50 * time.Millisecond

// finderEngine is what finding needs.
type finderEngine interface {
	engine.Reader
	engine.Shell
}

// finder finds the container of a workspace.
type finder struct {
	g    *globals
	e    finderEngine
	name string
	// desired are the manifests' workspaces, read when they are first needed.
	desired map[string]*manifest.Workspace
	// since is when the waiting began, and said says that it was told of.
	since time.Time
	said  bool
}

func newFinder(g *globals, e finderEngine, name string) *finder {
	return &finder{g: g, e: e, name: name}
}

// sighting is what there is of a workspace.
type sighting struct {
	// container in force; nil where there is none.
	container *engine.Container
	// spec of the container's record.
	spec v1alpha1.WorkspaceSpec
	// replacing says that there are several containers.
	replacing bool
}

// look costs one call where the workspace runs under its own name.
func (f *finder) look(ctx context.Context) (sighting, error) {
	if len(validation.IsDNS1123Label(f.name)) > 0 {
		// It cannot be a workspace, and the engine must not take it for a path.
		return sighting{}, f.unknown(ctx)
	}
	c, err := f.e.Look(ctx, v1alpha1.ContainerName(f.name))
	switch {
	case errors.Is(err, engine.ErrNotFound):
	case err != nil:
		return sighting{}, err
	case c.Labels[v1alpha1.LabelInstance] != f.g.instance || c.Labels[v1alpha1.LabelWorkspace] != f.name:
		return sighting{}, f.foreign(c)
	case c.State == engine.StateRunning:
		return sighting{container: &c}, nil
	}
	all, err := f.e.List(ctx, f.g.instance)
	if err != nil {
		return sighting{}, err
	}
	in := plan.Input{Name: f.name, Instance: f.g.instance}
	for _, c := range all {
		if c.Labels[v1alpha1.LabelWorkspace] == f.name {
			in.Containers = append(in.Containers, c)
		}
	}
	current, record := plan.Current(in)
	s := sighting{container: current, spec: record.WorkspaceSpec, replacing: len(in.Containers) > 1}
	if s.container == nil && !f.wanted(ctx) {
		return s, f.unknown(ctx)
	}
	return s, nil
}

// foreign is the refusal to touch what is not the workspace's.
func (f *finder) foreign(c engine.Container) error {
	whose := "which is not ours"
	if other := c.Labels[v1alpha1.LabelInstance]; other != "" && other != f.g.instance {
		whose = fmt.Sprintf("of instance %q: give --instance %s", other, other)
	}
	return fmt.Errorf("%s: the name %s is held by container %.12s, %s", v1alpha1.ReasonNameConflict, c.Name, c.ID, whose)
}

func (f *finder) manifests(ctx context.Context) map[string]*manifest.Workspace {
	if f.desired == nil {
		f.desired = manifest.NewLoader(f.g.manifests, manifest.WithoutRevisions()).LoadSettled(ctx, f.g.noticeUnsettled()).Workspaces
	}
	return f.desired
}

// wanted reports whether the workspace is one that a container can be expected of.
func (f *finder) wanted(ctx context.Context) bool {
	if _, ok := f.manifests(ctx)[f.name]; ok {
		return true
	}
	// The controller may read another directory than we do.
	return f.condition(ctx) != ""
}

// unknownError says that there is no such workspace.
type unknownError struct{ text string }

func (e unknownError) Error() string { return e.text }

func (f *finder) unknown(ctx context.Context) error {
	names := map[string]bool{}
	for name := range f.manifests(ctx) {
		names[name] = true
	}
	all, err := f.e.List(ctx, f.g.instance)
	if err != nil {
		return err
	}
	for _, c := range all {
		if plan.Owned(f.g.instance, plan.Memory{}, c) {
			names[c.Labels[v1alpha1.LabelWorkspace]] = true
		}
	}
	known := slices.Sorted(maps.Keys(names))
	text := fmt.Sprintf("no workspace %q in instance %q", f.name, f.g.instance)
	best, similar := v1alpha1.Suggest(f.name, known)
	const many = 10
	switch {
	case similar:
		text += fmt.Sprintf(": did you mean %q?", best)
	case len(known) > many:
		text += fmt.Sprintf(": it has %s and %d more", strings.Join(known[:many], ", "), len(known)-many)
	case len(known) > 0:
		text += ": it has " + strings.Join(known, ", ")
	default:
		text += ", and no manifests in " + f.g.manifests
	}
	return unknownError{text}
}

// running returns the workspace's container as soon as it runs. The wait begins when the first look has
// been answered: an engine that is slow to answer does not use it up. While it waits, it says
// why, once.
func (f *finder) running(ctx context.Context, wait time.Duration) (engine.Container, error) {
	for {
		s, err := f.look(ctx)
		if f.since.IsZero() {
			f.since = time.Now()
		}
		deadline := f.since.Add(wait)
		switch {
		case err != nil:
			return engine.Container{}, err
		case s.container != nil && s.container.State == engine.StateRunning:
			return *s.container, nil
		case s.container != nil && s.container.State == engine.StatePaused:
			return engine.Container{}, fmt.Errorf("workspace %s is paused: resume it with docker unpause %s", f.name, s.container.Name)
		case f.meantToBeDown(ctx, s):
			return engine.Container{}, fmt.Errorf("workspace %s is stopped, as its spec.state asks", f.name)
		case !time.Now().Before(deadline):
			return engine.Container{}, f.notRunning(ctx, s, wait)
		}
		if !f.said {
			f.said = true
			fmt.Fprintf(f.g.Err, "waiting for workspace %s: it is %s\n", f.name, s.progress())
		}
		if err := sleep(ctx, findEvery); err != nil {
			return engine.Container{}, err
		}
	}
}

// meantToBeDown: waiting would be in vain.
func (f *finder) meantToBeDown(ctx context.Context, s sighting) bool {
	spec := s.spec
	if w := f.manifests(ctx)[f.name]; w != nil {
		spec = w.Spec
	}
	return spec.State == v1alpha1.StateStopped
}

// progress says what is under way, as far as a look can tell.
func (s sighting) progress() string {
	switch {
	case s.replacing:
		return "being replaced"
	case s.container == nil:
		return "being created"
	case s.container.State == engine.StateCreated:
		return "being started"
	case s.container.State == engine.StateExited:
		return "not running now"
	}
	return string(s.container.State)
}
