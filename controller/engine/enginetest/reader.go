package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// List implements engine.Reader: newest first, as Docker has it.
func (m *Memory) List(ctx context.Context, instance string) (list []engine.Container, err error) {
	err = m.read(ctx, "List", func() error {
		var ours []*box
		for _, b := range m.containers {
			if b.c.Labels[v1alpha1.LabelInstance] == instance {
				ours = append(ours, b)
			}
		}
		slices.SortFunc(ours, func(a, b *box) int { return cmp.Compare(b.serial, a.serial) })
		list = make([]engine.Container, len(ours))
		for i, b := range ours {
			list[i] = b.snapshot(false)
			now := m.images[normal(b.spec.Image)]
			list[i].Untagged = now == nil || now.id != b.c.ImageID
		}
		return nil
	}, instance)
	return list, err
}

// Inspect implements engine.Reader.
func (m *Memory) Inspect(ctx context.Context, id string) (c engine.Container, err error) {
	err = m.read(ctx, "Inspect", func() error {
		b, err := m.find("inspect container", id)
		if err != nil {
			return err
		}
		c = b.snapshot(true)
		return nil
	}, id)
	return c, err
}

// Volumes implements engine.Reader.
func (m *Memory) Volumes(ctx context.Context, instance string) (list []engine.Volume, err error) {
	err = m.read(ctx, "Volumes", func() error {
		for name, v := range m.volumes {
			if labels := engine.OwnLabels(v.labels); labels[v1alpha1.LabelInstance] == instance {
				list = append(list, engine.Volume{Name: name, Labels: labels})
			}
		}
		return nil
	}, instance)
	slices.SortFunc(list, func(a, b engine.Volume) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// Info implements engine.Reader.
func (m *Memory) Info(ctx context.Context) (info engine.Info, err error) {
	err = m.read(ctx, "Info", func() error {
		info = engine.Info{
			ID: "memory", Version: "0.0.0", APIVersion: "0.0", OS: "memory", Arch: "x86_64", CPUs: m.cpus, Local: true,
			Address: m.address, Context: "memory", FixedLimits: m.fixedLimits,
		}
		return nil
	})
	return info, err
}

// Get is Inspect for tests: it is no call, no fault stops it, and it reports absence without an error.
func (m *Memory) Get(id string) (engine.Container, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.find("get container", id)
	if err != nil {
		return engine.Container{}, false
	}
	return b.snapshot(true), true
}

// Spec returns what a container was created with.
func (m *Memory) Spec(id string) (engine.ContainerSpec, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.find("get spec of container", id)
	if err != nil {
		return engine.ContainerSpec{}, false
	}
	return b.spec, true
}

// All returns all containers, foreign ones included.
func (m *Memory) All() []engine.Container {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]engine.Container, 0, len(m.containers))
	for _, b := range m.containers {
		list = append(list, b.snapshot(true))
	}
	return list
}

// HasVolume says whether a volume exists, named or anonymous.
func (m *Memory) HasVolume(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.volumes[name]
	return ok
}

// CreateVolume implements engine.Writer.
func (m *Memory) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	return m.write(ctx, "CreateVolume", func() error {
		if name == "" {
			return fmt.Errorf("create volume: no name: %w", engine.ErrInvalid)
		}
		if m.volumes[name] == nil {
			m.volumes[name] = &volume{labels: labels}
		}
		return nil
	}, name)
}

// RemoveVolume implements engine.Writer.
func (m *Memory) RemoveVolume(ctx context.Context, name string) error {
	return m.write(ctx, "RemoveVolume", func() error {
		if v := m.volumes[name]; v != nil && v.users > 0 {
			return fmt.Errorf("remove volume %s: %w", name, engine.ErrInUse)
		}
		delete(m.volumes, name)
		return nil
	}, name)
}
