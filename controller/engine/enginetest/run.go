package enginetest

import (
	"context"
	"errors"
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

// errEnded ends a command from within its container.
var errEnded = errors.New("ended")

// Running is how many commands with a mark go on in a container, waited for or not.
func (m *Memory) Running(id string, mark engine.Mark) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.containers[id]; b != nil {
		return b.processes(mark)
	}
	return 0
}

// MostRunning is the largest number that Running ever was, of any container.
func (m *Memory) MostRunning(mark engine.Mark) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mostRunning[mark]
}

func (b *box) processes(mark engine.Mark) int {
	n := 0
	for p := range b.runs {
		if p.mark == mark {
			n++
		}
	}
	return n
}

// process is a command that goes on in a container.
type process struct {
	mark engine.Mark
	end  context.CancelCauseFunc
}

// EndRuns implements engine.Writer.
func (m *Memory) EndRuns(ctx context.Context, id string, mark engine.Mark, _ []string) error {
	return m.write(ctx, "EndRuns", func() error {
		b, err := m.find("end runs in container", id)
		if err != nil {
			return nil
		}
		if b.c.State == engine.StatePaused {
			return fmt.Errorf("end runs in container %s: it is %s", shortID(b.c.ID), b.c.State)
		}
		for p := range b.runs {
			if p.mark == mark {
				p.end(errEnded)
				delete(b.runs, p)
			}
		}
		return nil
	}, id, string(mark))
}

// Run implements engine.Writer.
func (m *Memory) Run(ctx context.Context, id string, command []string, mark engine.Mark) (result engine.RunResult, err error) {
	args := append([]string{id}, command...)
	err = m.call(ctx, Call{Op: "Run", Args: args, Mutating: true}, func() error {
		m.mu.Lock()
		b, err := m.find("run in container", id)
		if err != nil {
			m.mu.Unlock()
			return err
		}
		c, run := b.snapshot(true), m.onRun
		if c.State != engine.StateRunning {
			m.mu.Unlock()
			return fmt.Errorf("run in container %s: it is %s", shortID(c.ID), c.State)
		}
		inside, end := context.WithCancelCause(ctx)
		defer end(nil)
		p := &process{mark: mark, end: end}
		if b.runs == nil {
			b.runs = map[*process]bool{}
		}
		b.runs[p] = true
		m.mostRunning[mark] = max(m.mostRunning[mark], b.processes(mark))
		m.mu.Unlock()
		if run != nil {
			result, err = run(inside, c, command)
		}
		if ctx.Err() != nil && err != nil {
			return err // It goes on.
		}
		m.mu.Lock()
		delete(b.runs, p)
		m.mu.Unlock()
		if errors.Is(context.Cause(inside), errEnded) {
			result, err = engine.RunResult{ExitCode: exitKill}, nil
		}
		return err
	})
	return result, err
}
