package enginetest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Create implements engine.Writer.
func (m *Memory) Create(ctx context.Context, spec engine.ContainerSpec) (id string, err error) {
	doing := "create container " + spec.Name
	err = m.call(ctx, Call{Op: "Create", Args: []string{spec.Name}, Mutating: true}, func() error {
		if err := m.claim(ctx, doing, spec.Name); err != nil {
			return err
		}
		defer m.mu.Unlock()
		b, err := m.create(doing, spec)
		if err != nil {
			return err
		}
		id = b.c.ID
		return nil
	})
	return id, err
}

// claim waits for a name that a removal is about to release. Without an error it returns with the lock held.
func (m *Memory) claim(ctx context.Context, doing, name string) error {
	deadline := m.clock.Now().Add(m.nameRelease)
	for {
		m.mu.Lock()
		holder := m.names[name]
		if holder == nil {
			return nil
		}
		removing, taken := holder.c.State == engine.StateRemoving, shortID(holder.c.ID)
		m.mu.Unlock()
		if removing {
			released, err := m.await(ctx, holder.gone, max(0, deadline.Sub(m.clock.Now())))
			if err != nil {
				return fmt.Errorf("%s: %w", doing, err)
			}
			if released {
				continue
			}
		}
		return &classified{
			text:  fmt.Sprintf("%s: the name %s is in use by container %s", doing, name, taken),
			class: engine.ErrNameInUse,
		}
	}
}

// create makes a container of a free name. The caller holds the lock.
func (m *Memory) create(doing string, spec engine.ContainerSpec) (*box, error) {
	if spec.Name == "" {
		return nil, fmt.Errorf("create container: no name: %w", engine.ErrInvalid)
	}
	if spec.Network == "" {
		spec.Network = "bridge"
	}
	if _, ok := m.networks[spec.Network]; !ok {
		return nil, fmt.Errorf("%s: network %s: %w", doing, spec.Network, engine.ErrNotFound)
	}
	img := m.images[normal(spec.Image)]
	if img == nil {
		return nil, &classified{text: doing + ": image " + spec.Image + " is not present: pull it first", class: engine.ErrImageNotFound}
	}
	spec.Labels = maps.Clone(spec.Labels)
	b := &box{spec: spec, gone: make(chan struct{}), c: engine.Container{
		ID:       m.newID("container"),
		Name:     spec.Name,
		Labels:   engine.OwnLabels(spec.Labels),
		State:    engine.StateCreated,
		ImageID:  img.id,
		Created:  m.clock.Now(),
		Networks: map[string]string{spec.Network: ""},
		Details:  &engine.Details{Env: spec.Env, Limits: m.capped(spec.Limits)},
	}}
	b.serial = m.serial
	m.mount(b, img)
	m.containers[b.c.ID], m.names[spec.Name] = b, b
	m.emit(b, "create")
	return b, nil
}

// mount makes the volumes that do not exist yet: those the spec names, and an anonymous one for each target that the image
// declares and the spec does not cover.
func (m *Memory) mount(b *box, img *image) {
	covered := map[string]bool{}
	use := func(name, target string) {
		if m.volumes[name] == nil {
			m.volumes[name] = &volume{}
		}
		m.volumes[name].users++
		b.c.Volumes = append(b.c.Volumes, engine.MountedVolume{Name: name, Target: target})
	}
	for _, mnt := range b.spec.Mounts {
		covered[mnt.Target] = true
		if mnt.Type == engine.MountBind {
			b.c.Binds = append(b.c.Binds, engine.Bind{Source: mnt.Source, Target: mnt.Target, ReadOnly: mnt.ReadOnly})
		}
		if mnt.Type != engine.MountVolume {
			continue
		}
		name := mnt.Source
		if name == "" {
			name = m.newID("volume")
			b.made = append(b.made, name)
		}
		use(name, mnt.Target)
	}
	for _, target := range img.opts.Volumes {
		if !covered[target] {
			name := m.newID("volume")
			b.made = append(b.made, name)
			use(name, target)
		}
	}
}

// capped are limits as they are observed: all cores are no limit.
func (m *Memory) capped(l engine.Limits) engine.Limits {
	if l.CPU >= int64(m.cpus)*1e9 {
		l.CPU = 0
	}
	return l
}

// commandOf is what a container runs.
func (m *Memory) commandOf(b *box) []string {
	if b.spec.Command == nil && b.spec.Args == nil {
		if img := m.images[b.c.ImageID]; img != nil {
			return img.opts.Command
		}
	}
	return append(slices.Clone(b.spec.Command), b.spec.Args...)
}

func shortID(id string) string { return id[:min(12, len(id))] }
