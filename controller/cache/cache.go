// Package cache holds the state of the engine as last seen: one list of containers, refined by an inspection of each
// container that an event pointed to.
//
// An event is only a hint: engines name events differently and may deliver them late. So an event marks its container
// as stale, and Refresh inspects the container before the next plan.
package cache

import (
	"maps"
	"slices"
	"sync"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Cache is the state of the engine as last seen. It is safe for concurrent use; List must not run twice at a time.
type Cache struct {
	engine   engine.Reader
	instance string
	// owned reports whether a container belongs to a workspace of the instance. Others are never kept.
	owned func(engine.Container) bool

	mu          sync.Mutex
	containers  map[string]engine.Container
	byWorkspace map[string]map[string]bool
	// stale are the containers that an event or a step pointed to since they were last inspected.
	stale map[string]bool
	// limitsUnknown are the containers whose limits may have changed. No list reports limits.
	limitsUnknown map[string]bool
	// newer are the containers that were updated since the list in progress began: its result for them is stale.
	newer map[string]bool
}

// New returns an empty cache of the containers of an instance.
func New(e engine.Reader, instance string, owned func(engine.Container) bool) *Cache {
	return &Cache{
		engine:        e,
		instance:      instance,
		owned:         owned,
		containers:    map[string]engine.Container{},
		byWorkspace:   map[string]map[string]bool{},
		stale:         map[string]bool{},
		limitsUnknown: map[string]bool{},
		newer:         map[string]bool{},
	}
}

// Of returns the containers of a workspace as last seen, without those that must be inspected first.
func (c *Cache) Of(workspace string) []engine.Container {
	containers, _ := c.of(workspace)
	return containers
}

func (c *Cache) of(workspace string) (containers []engine.Container, stale []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(c.byWorkspace[workspace])) {
		switch container, known := c.containers[id]; {
		case c.stale[id]:
			stale = append(stale, id)
		case known:
			containers = append(containers, container)
		}
	}
	return containers, stale
}

// All returns all containers as last seen.
func (c *Cache) All() []engine.Container {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.containers))
}

// IDs returns the ids of all containers.
func (c *Cache) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.containers))
}

// Workspaces returns the names of the workspaces that have a container, sorted.
func (c *Cache) Workspaces() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.byWorkspace))
}

// MarkStale requires an inspection of a container before the next plan of its workspace.
func (c *Cache) MarkStale(id, workspace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.markStale(id, workspace)
}

// markStale returns the workspace of the container, or "" if it is not known and none is given.
func (c *Cache) markStale(id, workspace string) string {
	if container, known := c.containers[id]; known {
		workspace = container.Labels[v1alpha1.LabelWorkspace]
	} else if workspace != "" {
		c.link(workspace, id)
	}
	if workspace != "" {
		c.stale[id], c.newer[id] = true, true
	}
	return workspace
}

// HandleEvent marks the container of an event as stale, and returns its workspace: "" if the event is of no concern.
func (c *Cache) HandleEvent(e engine.Event) string {
	workspace := ""
	if e.Labels[v1alpha1.LabelInstance] == c.instance {
		workspace = e.Labels[v1alpha1.LabelWorkspace]
	}
	if !v1alpha1.ValidName(workspace) {
		workspace = ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	workspace = c.markStale(e.ContainerID, workspace)
	if workspace != "" && e.Action == "update" {
		c.limitsUnknown[e.ContainerID] = true
	}
	return workspace
}

// ForgetLimits marks the limits of containers as unknown, and returns their workspaces.
func (c *Cache) ForgetLimits(ids []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	workspaces := map[string]bool{}
	for _, id := range ids {
		if container, known := c.containers[id]; known {
			c.limitsUnknown[id] = true
			workspaces[container.Labels[v1alpha1.LabelWorkspace]] = true
		}
	}
	return slices.Sorted(maps.Keys(workspaces))
}

// LimitsUnknown reports whether the limits of a container must be inspected.
func (c *Cache) LimitsUnknown(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.limitsUnknown[id]
}

// LimitsKnown notes that the limits of a container are those of its last-applied spec again.
func (c *Cache) LimitsKnown(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.limitsUnknown, id)
}

func (c *Cache) set(container engine.Container) {
	c.containers[container.ID] = container
	c.link(container.Labels[v1alpha1.LabelWorkspace], container.ID)
}

func (c *Cache) link(workspace, id string) {
	if c.byWorkspace[workspace] == nil {
		c.byWorkspace[workspace] = map[string]bool{}
	}
	c.byWorkspace[workspace][id] = true
}

func (c *Cache) unlink(workspace, id string) {
	delete(c.byWorkspace[workspace], id)
	if len(c.byWorkspace[workspace]) == 0 {
		delete(c.byWorkspace, workspace)
	}
}

func (c *Cache) remove(id string) {
	if container, known := c.containers[id]; known {
		c.unlink(container.Labels[v1alpha1.LabelWorkspace], id)
	}
	delete(c.containers, id)
	delete(c.stale, id)
	delete(c.limitsUnknown, id)
}
