package enginetest

import (
	"strings"
	"time"
)

// Program is what a command does. Without one a command runs until it is stopped, at once on SIGTERM.
type Program struct {
	// Unstartable is the engine's reason for not starting it; "" where it starts.
	Unstartable string
	// Exits says that it ends by itself, right after its start, with ExitCode.
	Exits    bool
	ExitCode int
	// OOM says that it ends by itself because it needed too much memory.
	OOM bool
	// IgnoresTerm says that only SIGKILL ends it.
	IgnoresTerm bool
	// StopsAfter is how long it takes on SIGTERM.
	StopsAfter time.Duration
}

// Program says what a command does from its next start on.
func (m *Memory) Program(command []string, p Program) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.programs[commandKey(command)] = p
}

func commandKey(command []string) string { return strings.Join(command, "\x00") }

func (m *Memory) programOf(b *box) Program {
	p := m.programs[commandKey(m.commandOf(b))]
	if img := m.images[b.c.ImageID]; img != nil && p.Unstartable == "" {
		p.Unstartable = img.opts.Unstartable
	}
	return p
}
