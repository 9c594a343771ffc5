package plan

import (
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
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
func (c *owned) exitFault() string {
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
	// Arguments may be secrets, and the first word may be a command with its arguments.
	if program, plain := specdiff.ShownProgram(s.Command); plain {
		command += fmt.Sprintf(" %q", shortened(program))
	}
	return fmt.Errorf("%s cannot be started: it %s (exit code %d)", command, fault, c.Details.ExitCode)
}

// shortened is the beginning of a program's path: it is to be recognized.
func shortened(program string) string {
	const enough = 60
	if len(program) > enough {
		return program[:enough] + "…"
	}
	return program
}
