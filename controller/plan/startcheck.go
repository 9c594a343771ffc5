package plan

import (
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// StartCheckAfter is how long a new container is given before an older one is given up for it. An init that cannot
// execute its command ends some 60 ms after the engine has reported the start as done.
const StartCheckAfter = 250 * time.Millisecond

// The exit codes of an init that cannot execute its command, as a shell has them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// commandFault returns why a command could not be executed according to its exit code; "" for any other exit code.
func commandFault(code int) string {
	switch code {
	case exitNotFound:
		return "was not found"
	case exitNotExecutable:
		return "is not executable"
	}
	return ""
}

// exitFault is commandFault of a container that ended at once. A program that ran for a while before it ended with
// such a code means something else by it.
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

// CheckStarted returns an error if a container that the engine reported as started could not execute its command. A
// program that ran and then died is a crash loop, and not a failed start.
func (s Step) CheckStarted(c engine.Container) error {
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

// shortened returns the beginning of a program's path, enough to recognize it.
func shortened(program string) string {
	const enough = 60
	if len(program) > enough {
		return program[:enough] + "…"
	}
	return program
}
