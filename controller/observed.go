package controller

import (
	"maps"
	"slices"
	"sync"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// observed is the engine's state as last seen: one list, refined by looking again at what events point to.
type observed struct {
	// owned reports whether a container belongs to a workspace; others are never kept.
	owned func(engine.Container) bool

	mu         sync.Mutex
	containers map[string]engine.Container
	byName     map[string]map[string]bool
	// stale are containers that an event pointed to since they were last looked at.
	stale map[string]bool
	// blurred are containers whose details changed without it showing in a list.
	blurred map[string]bool
	// newer are containers of which something was learned since the list began that is under way: it does not tell of them.
	newer map[string]bool
}

func newObserved(owned func(engine.Container) bool) *observed {
	return &observed{
		owned:      owned,
		containers: map[string]engine.Container{},
		byName:     map[string]map[string]bool{},
		stale:      map[string]bool{},
		blurred:    map[string]bool{},
		newer:      map[string]bool{},
	}
}

// listing notes that a list begins.
func (o *observed) listing() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.newer)
}

// replace takes the list that began at the last listing, and returns the workspaces whose containers are not as they were.
func (o *observed) replace(list []engine.Container) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	changed := map[string]bool{}
	seen := make(map[string]bool, len(list))
	for _, c := range list {
		seen[c.ID] = true
		if o.newer[c.ID] {
			continue
		}
		before, known := o.containers[c.ID]
		if !known && !o.owned(c) {
			continue
		}
		if !known || !same(before, c) || o.stale[c.ID] {
			changed[c.Labels[v1alpha1.LabelWorkspace]] = true
			o.set(c)
			delete(o.stale, c.ID)
		}
	}
	for id, c := range o.containers {
		if !seen[id] && !o.newer[id] {
			changed[c.Labels[v1alpha1.LabelWorkspace]] = true
			o.drop(id)
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// same compares what a list tells. Labels and the image never change in the life of a container.
func same(a, b engine.Container) bool {
	return a.Name == b.Name && a.State == b.State && a.Untagged == b.Untagged && maps.Equal(a.Networks, b.Networks)
}

// mark notes that a container must be looked at again and returns its workspace, "" where it is not ours. blur says that
// the change does not show in a list.
func (o *observed) mark(id, workspace string, blur bool) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c, known := o.containers[id]; known {
		workspace = c.Labels[v1alpha1.LabelWorkspace]
	} else if workspace != "" {
		o.link(workspace, id)
	}
	if workspace == "" {
		return ""
	}
	o.stale[id], o.newer[id] = true, true
	if blur {
		o.blurred[id] = true
	}
	return workspace
}

// of returns the containers of a workspace as last seen, and the ids that must be looked at first.
func (o *observed) of(workspace string) (containers []engine.Container, stale []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(o.byName[workspace])) {
		switch c, known := o.containers[id]; {
		case o.stale[id]:
			stale = append(stale, id)
		case known:
			containers = append(containers, c)
		}
	}
	return containers, stale
}

// all containers, as last seen.
func (o *observed) all() []engine.Container {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Values(o.containers))
}

// ids of all containers.
func (o *observed) ids() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.containers))
}

// blur notes that the limits of these containers are not known any more, and returns their workspaces.
func (o *observed) blur(ids []string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	workspaces := map[string]bool{}
	for _, id := range ids {
		if c, known := o.containers[id]; known {
			o.blurred[id] = true
			workspaces[c.Labels[v1alpha1.LabelWorkspace]] = true
		}
	}
	return slices.Sorted(maps.Keys(workspaces))
}

// isBlurred reports whether only an inspection tells the container's limits.
func (o *observed) isBlurred(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.blurred[id]
}

// looking forgets that a container is stale: what happens from now on marks it again.
func (o *observed) looking(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.stale, id)
}

// put keeps what an inspection showed, without the details: those are only true at that moment. It returns what the last list
// said of the container's image.
func (o *observed) put(c engine.Container) (untagged bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.Details = nil
	c.Untagged = o.containers[c.ID].Untagged // Only a list tells.
	o.newer[c.ID] = true
	o.set(c)
	return c.Untagged
}

func (o *observed) set(c engine.Container) {
	o.containers[c.ID] = c
	o.link(c.Labels[v1alpha1.LabelWorkspace], c.ID)
}

func (o *observed) link(workspace, id string) {
	ids := o.byName[workspace]
	if ids == nil {
		ids = map[string]bool{}
		o.byName[workspace] = ids
	}
	ids[id] = true
}

// sharpen notes that the limits of a container are as its record says again.
func (o *observed) sharpen(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.blurred, id)
}

// gone forgets a container.
func (o *observed) gone(id, workspace string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(id)
	o.newer[id] = true
	if ids := o.byName[workspace]; ids != nil {
		delete(ids, id)
		if len(ids) == 0 {
			delete(o.byName, workspace)
		}
	}
}

func (o *observed) drop(id string) {
	if c, known := o.containers[id]; known {
		name := c.Labels[v1alpha1.LabelWorkspace]
		delete(o.byName[name], id)
		if len(o.byName[name]) == 0 {
			delete(o.byName, name)
		}
	}
	delete(o.containers, id)
	delete(o.stale, id)
	delete(o.blurred, id)
}

// names of all workspaces that have a container.
func (o *observed) names() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.byName))
}
