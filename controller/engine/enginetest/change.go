package enginetest

import (
	"context"
	"fmt"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Rename implements engine.Writer.
func (m *Memory) Rename(ctx context.Context, id, name string) error {
	doing := "rename container " + shortID(id) + " to " + name
	return m.call(ctx, Call{Op: "Rename", Args: []string{id, name}, Mutating: true}, func() error {
		m.mu.Lock()
		b, err := m.find("rename container", id)
		same := err == nil && b.c.Name == name
		m.mu.Unlock()
		if err != nil || same {
			return err
		}
		if err := m.claim(ctx, doing, name); err != nil {
			return err
		}
		defer m.mu.Unlock()
		if m.containers[b.c.ID] != b {
			return fmt.Errorf("%s: container %w", doing, engine.ErrNotFound)
		}
		m.rename(b, name)
		return nil
	})
}

func (m *Memory) rename(b *box, name string) {
	delete(m.names, b.c.Name)
	b.c.Name = name
	m.names[name] = b
	m.emit(b, "rename")
}

// Update implements engine.Writer.
func (m *Memory) Update(ctx context.Context, id string, limits engine.Limits) error {
	return m.write(ctx, "Update", func() error {
		b, err := m.find("update container", id)
		if err != nil {
			return err
		}
		if m.fixedLimits {
			return fmt.Errorf("update container %s: %w: this engine cannot change the limits of a container", id, engine.ErrInvalid)
		}
		b.c.Details.Limits, b.c.Details.EngineRestarts = m.capped(limits), false
		m.emit(b, "update")
		return nil
	}, id)
}

// Unpause implements engine.Writer.
func (m *Memory) Unpause(ctx context.Context, id string) error {
	return m.write(ctx, "Unpause", func() error {
		b, err := m.find("unpause container", id)
		if err != nil || b.c.State != engine.StatePaused {
			return err
		}
		b.c.State = engine.StateRunning
		m.emit(b, "unpause")
		return nil
	}, id)
}

// PrepareVolumes implements engine.Writer. Volumes in memory have no owner.
func (m *Memory) PrepareVolumes(ctx context.Context, id, helper string) error {
	return m.write(ctx, "PrepareVolumes", func() error {
		_, err := m.find("prepare volumes of container", id)
		return err
	}, id, helper)
}

// Connect implements engine.Writer.
func (m *Memory) Connect(ctx context.Context, id, network string) error {
	return m.write(ctx, "Connect", func() error {
		doing := "connect container " + shortID(id) + " to network " + network
		b, err := m.find("connect container", id)
		if err != nil {
			return err
		}
		if _, ok := m.networks[network]; !ok {
			return fmt.Errorf("%s: network %w", doing, engine.ErrNotFound)
		}
		if _, attached := b.c.Networks[network]; attached {
			return nil
		}
		if _, none := b.c.Networks["none"]; none {
			return fmt.Errorf("%s: its network is none", doing)
		}
		b.c.Networks[network] = ""
		if b.down != nil {
			m.attach(b, network)
		}
		return nil
	}, id, network)
}

// attach gives a running container an address.
func (m *Memory) attach(b *box, network string) {
	if network == "none" {
		return
	}
	n := m.networks[network]
	m.networks[network] = n + 1
	b.c.Networks[network] = fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
	m.emitNetwork(b, "connect")
}

func (m *Memory) detach(b *box, network string) {
	if _, attached := b.c.Networks[network]; attached {
		delete(b.c.Networks, network)
		m.emitNetwork(b, "disconnect")
	}
}
