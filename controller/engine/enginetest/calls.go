package enginetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Phase of a Call that a hook sees.
type Phase string

// The phases. A hook's error before the call is the call's result, and nothing happened. One after it replaces the result
// of what did happen: the caller cannot tell, as after a crash.
const (
	Before Phase = "before"
	After  Phase = "after"
)

// Call is one call of a method of engine.Engine.
type Call struct {
	// Op is the method's name.
	Op string
	// Args are what identifies the call: an id or name first.
	Args []string
	// Mutating calls are those of engine.Writer.
	Mutating bool
	// Phase is After in the log of calls.
	Phase Phase
	// Err is the result, known After.
	Err error
}

func (c Call) String() string { return fmt.Sprintf("%s %v", c.Op, c.Args) }

// OnCall installs a hook that sees each mutating call before and after; nil removes it. It is called without a lock: it
// may block, and it may act on the engine.
func (m *Memory) OnCall(hook func(Call) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onCall = hook
}

// FailNext makes the next call of a method fail with err, without an effect. Several calls queue up.
func (m *Memory) FailNext(op string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults[op] = append(m.faults[op], err)
}

// SetUnavailable makes all calls fail with engine.ErrUnavailable and breaks the event streams. Containers run on.
func (m *Memory) SetUnavailable(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away = away; away {
		m.events.breakAll(errAway())
	}
}

func errAway() error {
	return &classified{
		text:  "cannot reach the Docker engine at memory://: is it running? (docker context memory)",
		class: engine.ErrUnavailable,
	}
}

// Calls returns the calls that ended, in order.
func (m *Memory) Calls() []Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// Count of the calls of one method since the last ResetCalls.
func (m *Memory) Count(op string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counted[op]
}

// Mutations is the number of mutating calls since the last ResetCalls.
func (m *Memory) Mutations() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, c := range m.calls {
		if c.Mutating {
			n++
		}
	}
	return n
}

// ResetCalls empties the log.
func (m *Memory) ResetCalls() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = nil
	clear(m.counted)
}

// call runs one method with its faults and hooks. do takes the lock itself.
func (m *Memory) call(ctx context.Context, c Call, do func() error) (err error) {
	defer func() {
		c.Phase, c.Err = After, err
		m.mu.Lock()
		m.calls = append(m.calls, c)
		m.counted[c.Op]++
		m.mu.Unlock()
	}()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", c.Op, err)
	}
	m.mu.Lock()
	away, hook := m.away, m.onCall
	var fault error
	if queue := m.faults[c.Op]; !away && len(queue) > 0 {
		fault, m.faults[c.Op] = queue[0], queue[1:]
	}
	m.mu.Unlock()
	switch {
	case away:
		return errAway()
	case fault != nil:
		return fault
	}
	if hook != nil && c.Mutating {
		c.Phase = Before
		if err := hook(c); err != nil {
			return err
		}
	}
	err = do()
	if hook != nil && c.Mutating {
		c.Phase, c.Err = After, err
		if hookErr := hook(c); hookErr != nil {
			return hookErr
		}
	}
	return err
}

func (m *Memory) read(ctx context.Context, op string, do func() error, args ...string) error {
	return m.call(ctx, Call{Op: op, Args: args}, func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		return do()
	})
}

// write runs do under the lock; do that must wait uses call.
func (m *Memory) write(ctx context.Context, op string, do func() error, args ...string) error {
	return m.call(ctx, Call{Op: op, Args: args, Mutating: true}, func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		return do()
	})
}
