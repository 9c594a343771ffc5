package engine

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNotRunning: the container does not run, or is paused. No command was started.
var ErrNotRunning = errors.New("not running")

// Shell runs commands for users in a workspace's container and reads its output. It is separate from Engine because the controller
// needs none of it.
type Shell interface {
	// Look is Inspect without Details, in one API call, because it is on the latency path of exec.
	Look(ctx context.Context, id string) (Container, error)
	// Exec starts a command in a running container; ErrNotRunning or ErrNotFound if it does not run or exist. The streams are
	// copied until Wait returns or ctx ends. The command continues when ctx ends: engines have no call to end it.
	Exec(ctx context.Context, id string, o ExecOptions, s Streams) (Process, error)
	// Logs calls each for every piece of the container's output, in the engine's order and from one goroutine, until the
	// output ends or each returns an error, which Logs then returns. Followed output ends when the container does.
	Logs(ctx context.Context, id string, o LogOptions, each func(LogEntry) error) error
}

// ExecOptions are the command and its settings.
type ExecOptions struct {
	Command []string
	// Env are NAME=value pairs on top of the container's environment.
	Env []string
	// User and WorkingDir are the container's if empty.
	User, WorkingDir string
	// TTY gives the command a terminal of this size: its stdout and stderr are one stream then.
	TTY  bool
	Size TerminalSize
}

// TerminalSize of a terminal, in characters. Zero is unknown.
type TerminalSize struct{ Rows, Columns uint }

// Streams of a command. A nil In is an empty one.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Process is a command in a container.
type Process interface {
	// Wait copies the output and returns when the command has ended, whether or not its input has: a read of In that is
	// under way is not waited for. ErrNotFound where the container was removed under the command. An *OutputError where
	// the output could not be written; the command goes on then.
	Wait(ctx context.Context) (ExecResult, error)
	// Resize changes the size of its terminal.
	Resize(ctx context.Context, size TerminalSize) error
}

// ExecResult is the result of a command.
type ExecResult struct {
	// ExitCode is the command's, or 128+n if signal n ended it. As in a shell it is 127 if the command does not exist and 126 if it
	// cannot be executed.
	ExitCode int
	// Failure is the reason if the command was not executed.
	Failure string
}

// OutputError is a failure to write a command's output to the caller's stream.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "write output: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// LogOptions select the output to read.
type LogOptions struct {
	// Follow goes on with what the container writes while it runs.
	Follow bool
	// Tail is how many of the last entries to read; negative is all.
	Tail int
	// Since leaves out what was written before; the zero time leaves out nothing.
	Since time.Time
}

// LogEntry is a piece of a container's output: a line with its newline, or a part of a very long one.
type LogEntry struct {
	// Time by the engine's clock.
	Time   time.Time
	Stderr bool
	// Text is valid during the call only.
	Text []byte
}
