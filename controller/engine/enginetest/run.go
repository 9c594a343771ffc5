package enginetest

import (
	"context"
	"fmt"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// RunFunc is what a command does in a container. One that takes its time returns ctx's error at ctx's end.
type RunFunc func(ctx context.Context, c engine.Container, command []string) (engine.RunResult, error)

// OnRun says what commands do in containers; without it each succeeds without output. f is called without a lock.
func (m *Memory) OnRun(f RunFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onRun = f
}

// Run implements engine.Writer.
func (m *Memory) Run(ctx context.Context, id string, command []string) (result engine.RunResult, err error) {
	args := append([]string{id}, command...)
	err = m.call(ctx, Call{Op: "Run", Args: args, Mutating: true}, func() error {
		m.mu.Lock()
		b, err := m.find("run in container", id)
		if err != nil {
			m.mu.Unlock()
			return err
		}
		c, run := b.snapshot(true), m.onRun
		m.mu.Unlock()
		if c.State != engine.StateRunning {
			return fmt.Errorf("run in container %s: it is %s", shortID(c.ID), c.State)
		}
		if run == nil {
			return nil
		}
		result, err = run(ctx, c, command)
		return err
	})
	return result, err
}
