package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// VerifyAfter is how long a new container is given before an older one is given up for it. An init that cannot execute its
// command ends some 60 ms after the engine has reported the start as done.
const VerifyAfter = 250 * time.Millisecond

// The exit codes of an init that cannot execute its command, as a shell has them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// commandFault is what the exit code says of a command that could not be executed; "" where it says nothing of the kind.
func commandFault(code int) string {
	switch code {
	case exitNotFound:
		return "was not found"
	case exitNotExecutable:
		return "is not executable"
	}
	return ""
}

// exitFault is commandFault of a container that ended at once. A program that has run for a while and then ends with such a
// code means something else by it.
func exitFault(c engine.Container) string {
	d := c.Details
	if c.State != engine.StateExited || d == nil || d.StartedAt.IsZero() {
		return ""
	}
	if ran := d.FinishedAt.Sub(d.StartedAt); ran < 0 || ran >= time.Second {
		return ""
	}
	return commandFault(d.ExitCode)
}

// Verify says why a container that a verify step looks at was not started, although the engine said so; nil where it was.
// What started and then died is a crash loop, and not a failed start.
func (s Step) Verify(c engine.Container) error {
	if c.State != engine.StateExited || c.Details == nil {
		return nil
	}
	fault := commandFault(c.Details.ExitCode)
	if fault == "" {
		return nil
	}
	command := "the command"
	if len(s.Command) > 0 {
		// Arguments may be secrets.
		command += fmt.Sprintf(" %q", shortened(s.Command[0]))
	}
	return fmt.Errorf("%s cannot be started: it %s (exit code %d)", command, fault, c.Details.ExitCode)
}

// shortened is the beginning of a command: it is to be recognized, and scripts are long.
func shortened(command string) string {
	const enough = 60
	line, _, more := strings.Cut(command, "\n")
	if runes := []rune(line); len(runes) > enough {
		line, more = string(runes[:enough]), true
	}
	if more {
		line += "…"
	}
	return line
}

// neverRan says that nothing was ever done in a container, so that it may go when it is given up.
func neverRan(c engine.Container) bool { return c.State == engine.StateCreated || exitFault(c) != "" }
