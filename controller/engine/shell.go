package engine

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNotRunning: the container does not run, or is paused. No command was started.
var ErrNotRunning = errors.New("not running")

// Shell is what people do with a workspace's container beside what the controller does: run commands in it and read its
// output. It is apart from Engine: the loop needs none of it.
type Shell interface {
	// Look is Inspect without Details and in a single call: who types a command waits for each one.
	Look(ctx context.Context, id string) (Container, error)
	// Exec starts a command in a running container; ErrNotRunning or ErrNotFound where that is none. What it reads and writes is copied until Wait returns; when ctx ends
	// the copying does. The command itself goes on then: engines have no call to end it.
	Exec(ctx context.Context, id string, o ExecOptions, s Streams) (Process, error)
	// Logs calls each for every piece of the container's output, in the engine's order and from one goroutine, until the
	// output ends or each returns an error, which Logs then returns. Followed output ends when the container does.
	Logs(ctx context.Context, id string, o LogOptions, each func(LogEntry) error) error
}

// ExecOptions say what to run and how.
type ExecOptions struct {
	Command []string
	// Env are NAME=value pairs on top of the container's environment.
	Env []string
	// User and WorkingDir are the container's where empty.
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

// ExecResult is the end of a command.
type ExecResult struct {
	// ExitCode is the command's; 128+n where signal n ended it. As in a shell it is 127 where there is no such command and
	// 126 where it cannot be executed.
	ExitCode int
	// Failure says why the command was not executed; empty where it was.
	Failure string
}

// OutputError says that what a command wrote could not be passed on.
type OutputError struct{ Err error }

func (e *OutputError) Error() string { return "write output: " + e.Err.Error() }
func (e *OutputError) Unwrap() error { return e.Err }

// LogOptions say which output to read.
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
