package enginetest

import (
	"context"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// The exit codes of processes that ended by a signal.
const (
	exitTerm = 143
	exitKill = 137
)

// Start implements engine.Writer.
func (m *Memory) Start(ctx context.Context, id string) error {
	return m.write(ctx, "Start", func() error {
		b, err := m.find("start container", id)
		if err != nil {
			return err
		}
		switch b.c.State {
		case engine.StateRunning:
			return nil
		case engine.StatePaused, engine.StateRemoving, engine.StateDead:
			return fmt.Errorf("start container %s: it is %s", shortID(b.c.ID), b.c.State)
		}
		return m.start(b)
	}, id)
}

func (m *Memory) start(b *box) error {
	for name := range b.c.Networks {
		if _, ok := m.networks[name]; !ok {
			return fmt.Errorf("start container %s: network %s: %w", shortID(b.c.ID), name, engine.ErrNotFound)
		}
	}
	p, d := m.programOf(b), b.c.Details
	if p.Unstartable != "" {
		d.Error, d.ExitCode = p.Unstartable, 127
		return fmt.Errorf("start container %s: %s", shortID(b.c.ID), p.Unstartable)
	}
	b.c.State, b.down = engine.StateRunning, make(chan struct{})
	d.Error, d.ExitCode, d.OOMKilled, d.StartedAt = "", 0, false, m.clock.Now()
	for name := range b.c.Networks {
		m.attach(b, name)
	}
	m.emit(b, "start")
	switch {
	case p.OOM:
		m.oom(b)
	case p.Exits:
		m.exit(b, p.ExitCode)
	}
	return nil
}

// exit ends a run. The caller holds the lock, and the container runs or is paused.
func (m *Memory) exit(b *box, code int) {
	b.c.State = engine.StateExited
	b.c.Details.ExitCode, b.c.Details.FinishedAt = code, m.clock.Now()
	close(b.down)
	b.down = nil
	for p := range b.runs {
		p.end(errEnded)
	}
	clear(b.runs)
	m.emit(b, "die")
	for name := range b.c.Networks {
		b.c.Networks[name] = ""
		m.emitNetwork(b, "disconnect")
	}
}

func (m *Memory) oom(b *box) {
	m.emit(b, "oom")
	m.exit(b, exitKill)
	b.c.Details.OOMKilled = true
}

// Stop implements engine.Writer.
func (m *Memory) Stop(ctx context.Context, id string, grace time.Duration) error {
	return m.call(ctx, Call{Op: "Stop", Args: []string{id}, Mutating: true}, func() error {
		m.mu.Lock()
		b, err := m.find("stop container", id)
		if err != nil || b.down == nil {
			m.mu.Unlock()
			return err
		}
		if b.c.State == engine.StatePaused {
			b.c.State = engine.StateRunning
			m.emit(b, "unpause")
		}
		p, down := m.programOf(b), b.down
		wait, code := p.StopsAfter, exitTerm
		if p.IgnoresTerm || wait > grace {
			wait, code = max(0, grace), exitKill
		}
		if wait > 0 {
			m.mu.Unlock()
			_, err := m.await(ctx, down, wait)
			if err != nil {
				return fmt.Errorf("stop container %s: %w", shortID(id), err)
			}
			m.mu.Lock()
		}
		defer m.mu.Unlock()
		// Only the run that was to be stopped: it may have died, and been started again, meanwhile.
		if b.down == down {
			m.exit(b, code)
		}
		m.emit(b, "stop")
		return nil
	})
}

// Remove implements engine.Writer.
func (m *Memory) Remove(ctx context.Context, id string) error {
	return m.removeAs(ctx, "Remove", id, false)
}

// Discard implements engine.Writer.
func (m *Memory) Discard(ctx context.Context, id string) error {
	return m.removeAs(ctx, "Discard", id, true)
}

func (m *Memory) removeAs(ctx context.Context, op, id string, volumes bool) error {
	return m.call(ctx, Call{Op: op, Args: []string{id}, Mutating: true}, func() error {
		m.mu.Lock()
		b, err := m.find("remove container", id)
		if err != nil {
			m.mu.Unlock()
			return nil
		}
		switch b.c.State {
		case engine.StateRemoving:
			m.mu.Unlock()
			if _, err := m.await(ctx, b.gone, -1); err != nil {
				return fmt.Errorf("remove container %s: %w", shortID(b.c.ID), err)
			}
			return nil
		case engine.StateRunning, engine.StatePaused, engine.StateRestarting:
			m.mu.Unlock()
			return fmt.Errorf("remove container %s: it is not stopped: stop it first: %w", shortID(b.c.ID), engine.ErrInvalid)
		}
		defer m.mu.Unlock()
		m.remove(b)
		if volumes {
			for _, name := range b.made {
				if v := m.volumes[name]; v != nil && v.users == 0 {
					delete(m.volumes, name)
				}
			}
		}
		return nil
	})
}

// remove forgets a container and keeps its volumes.
func (m *Memory) remove(b *box) {
	delete(m.containers, b.c.ID)
	if m.names[b.c.Name] == b {
		delete(m.names, b.c.Name)
	}
	for _, v := range b.c.Volumes {
		if vol := m.volumes[v.Name]; vol != nil {
			vol.users--
		}
	}
	close(b.gone)
	m.emit(b, "destroy")
}
