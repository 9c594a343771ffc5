package cache

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// List lists all containers of the instance, and returns the workspaces whose containers are not as they were. A list
// that failed changes nothing: it does not show what exists.
func (c *Cache) List(ctx context.Context) (changed []string, err error) {
	c.mu.Lock()
	clear(c.newer)
	c.mu.Unlock()
	list, err := c.engine.List(ctx, c.instance)
	if err != nil {
		return nil, err
	}
	return c.replace(list), nil
}

func (c *Cache) replace(list []engine.Container) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := map[string]bool{}
	listed := make(map[string]bool, len(list))
	for _, container := range list {
		listed[container.ID] = true
		if c.newer[container.ID] {
			continue
		}
		before, known := c.containers[container.ID]
		if !known && !c.owned(container) {
			continue
		}
		if !known || !same(before, container) || c.stale[container.ID] {
			changed[container.Labels[v1alpha1.LabelWorkspace]] = true
			c.set(container)
			delete(c.stale, container.ID)
		}
	}
	for id, container := range c.containers {
		if !listed[id] && !c.newer[id] {
			changed[container.Labels[v1alpha1.LabelWorkspace]] = true
			c.remove(id)
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// same compares what a list reports. The labels and the image of a container never change.
func same(a, b engine.Container) bool {
	return a.Name == b.Name && a.State == b.State && a.Untagged == b.Untagged && maps.Equal(a.Networks, b.Networks)
}

// Refresh inspects the stale containers of a workspace, and returns all of its containers, the newest first. Those
// that were inspected have Details, which are true only at that moment and are not kept.
func (c *Cache) Refresh(ctx context.Context, workspace string) ([]engine.Container, error) {
	containers, stale := c.of(workspace)
	for _, id := range stale {
		inspected, err := c.inspect(ctx, id, workspace)
		if err != nil {
			return nil, err
		}
		if inspected != nil {
			containers = append(containers, *inspected)
		}
	}
	slices.SortFunc(containers, func(a, b engine.Container) int { return b.Created.Compare(a.Created) })
	return containers, nil
}

// inspect updates one container. It returns nil if the container is gone, or is not the workspace's.
func (c *Cache) inspect(ctx context.Context, id, workspace string) (*engine.Container, error) {
	c.mu.Lock()
	delete(c.stale, id) // What happens from now on marks it again.
	c.mu.Unlock()
	inspected, err := c.engine.Inspect(ctx, id)
	switch {
	case errors.Is(err, engine.ErrNotFound):
	case err != nil:
		c.MarkStale(id, workspace)
		return nil, err
	case inspected.Labels[v1alpha1.LabelWorkspace] == workspace && c.owned(inspected):
		inspected.Untagged = c.put(inspected)
		return &inspected, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(id)
	c.unlink(workspace, id)
	c.newer[id] = true
	return nil, nil
}

// put stores an inspected container, and returns what the last list reported about the tag of its image.
func (c *Cache) put(container engine.Container) (untagged bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	container.Details = nil
	container.Untagged = c.containers[container.ID].Untagged // Only a list reports it.
	c.newer[container.ID] = true
	c.set(container)
	return container.Untagged
}
