package enginetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// ExecFunc stands for a command: it reads and writes the streams, and returns the end of the command. Its error is that
// of Process.Wait.
type ExecFunc func(ctx context.Context, o engine.ExecOptions, s engine.Streams) (engine.ExecResult, error)

// Shell implements engine.Shell on the containers of a Memory. A test decides what commands do and what containers
// write.
type Shell struct {
	*Memory

	mu      sync.Mutex
	onExec  ExecFunc
	resized []engine.TerminalSize
	logs    map[string][]engine.LogEntry
	// wrote is closed by the next Write.
	wrote chan struct{}
}

// NewShell returns a shell whose commands end with exit code 0 at once.
func NewShell(m *Memory) *Shell {
	return &Shell{
		Memory: m, logs: map[string][]engine.LogEntry{}, wrote: make(chan struct{}),
		onExec: func(context.Context, engine.ExecOptions, engine.Streams) (engine.ExecResult, error) {
			return engine.ExecResult{}, nil
		},
	}
}

// OnExec sets what commands do.
func (s *Shell) OnExec(f ExecFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onExec = f
}

// Resized lists the sizes that Resize was called with.
func (s *Shell) Resized() []engine.TerminalSize {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.resized)
}

// Write appends to the output of a container.
func (s *Shell) Write(id string, entries ...engine.LogEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs[id] = append(s.logs[id], entries...)
	close(s.wrote)
	s.wrote = make(chan struct{})
}

// Look implements engine.Shell.
func (s *Shell) Look(ctx context.Context, id string) (c engine.Container, err error) {
	err = s.read(ctx, "Look", func() error {
		b, err := s.find("inspect container", id)
		if err != nil {
			return err
		}
		c = b.snapshot(false)
		return nil
	}, id)
	return c, err
}

// Exec implements engine.Shell.
func (s *Shell) Exec(
	ctx context.Context, id string, o engine.ExecOptions, streams engine.Streams,
) (engine.Process, error) {
	err := s.read(ctx, "Exec", func() error {
		b, err := s.find("exec in container", id)
		if err == nil && b.c.State != engine.StateRunning {
			err = fmt.Errorf("exec in container %s: %w", id, engine.ErrNotRunning)
		}
		return err
	}, id)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.onExec
	return &shellProcess{s, func(ctx context.Context) (engine.ExecResult, error) { return run(ctx, o, streams) }}, nil
}

type shellProcess struct {
	s    *Shell
	wait func(context.Context) (engine.ExecResult, error)
}

func (p *shellProcess) Wait(ctx context.Context) (engine.ExecResult, error) { return p.wait(ctx) }

func (p *shellProcess) Resize(_ context.Context, size engine.TerminalSize) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.resized = append(p.s.resized, size)
	return nil
}

// Logs implements engine.Shell.
func (s *Shell) Logs(ctx context.Context, id string, o engine.LogOptions, each func(engine.LogEntry) error) error {
	var down chan struct{}
	err := s.read(ctx, "Logs", func() error {
		b, err := s.find("logs of container", id)
		if err == nil {
			id, down = b.c.ID, b.down
		}
		return err
	}, id)
	if err != nil {
		return err
	}
	for next := -1; ; {
		s.mu.Lock()
		all, wrote := s.logs[id], s.wrote
		s.mu.Unlock()
		if next < 0 {
			next = 0
			if o.Tail >= 0 {
				next = max(0, len(all)-o.Tail)
			}
		}
		for ; next < len(all); next++ {
			if e := all[next]; !e.Time.Before(o.Since) {
				if err := each(e); err != nil {
					return err
				}
			}
		}
		if !o.Follow || down == nil {
			return nil
		}
		select {
		case <-wrote:
		case <-down:
			down = nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
