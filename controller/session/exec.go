package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// ExitOwnFailure is the exit code if this program, and not the command, failed. docker and chroot use the same.
const ExitOwnFailure = 125

const (
	exitKilled = 128 + int(syscall.SIGKILL)
	exitPipe   = 128 + int(syscall.SIGPIPE)
)

// envMark is the variable that marks the processes of a command among all others in the workspace.
const envMark = "DUAL_EXEC"

// Exec runs one command in a workspace.
type Exec struct {
	Resolver *Resolver
	Options  engine.ExecOptions
	Streams  engine.Streams
	// Terminal is required if Options.TTY is set.
	Terminal Terminal
	// Wait is how long to wait for a workspace that does not run yet.
	Wait time.Duration
	// Signals that this program received.
	Signals <-chan os.Signal

	container engine.Container
	mark      string
}

// Terminal is the terminal of the user.
type Terminal interface {
	// Raw has the terminal pass each key on to the command, Ctrl-C too, until restore is called.
	Raw() (restore func(), err error)
	// Size is zero if it is unknown.
	Size() engine.TerminalSize
	// OnResize calls changed after each change of the size, until stop is called.
	OnResize(changed func()) (stop func())
}

// Run returns the exit code of the command, or another one with the reason. The reason is nil if a signal that this
// program received before the command began is all that there is to report.
func (x *Exec) Run(ctx context.Context) (code int, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	f := &forwarder{end: end}
	go f.run(ctx, x.Signals)
	x.mark = rand.Text()
	x.Options.Env = append(x.Options.Env, envMark+"="+x.mark)
	for deadline := time.Now().Add(x.Wait); ; {
		if x.container, err = x.Resolver.Running(ctx, x.Wait); err != nil {
			return causeOf(ctx, err)
		}
		code, err = x.run(ctx, f)
		gone := errors.Is(err, engine.ErrNotRunning) || errors.Is(err, engine.ErrNotFound)
		if !gone || !time.Now().Before(deadline) {
			return code, err
		}
		// The container ended between the lookup and the command, which was not started.
		if err := pause.For(ctx, findEvery); err != nil {
			return causeOf(ctx, err)
		}
	}
}

// run returns an error of class ErrNotRunning or ErrNotFound only if the command was not started.
func (x *Exec) run(ctx context.Context, f *forwarder) (int, error) {
	if x.Options.TTY {
		restore, err := x.Terminal.Raw()
		if err != nil {
			return ExitOwnFailure, err
		}
		defer restore()
		x.Options.Size = x.Terminal.Size()
	}
	p, err := x.Resolver.Engine.Exec(ctx, x.container.ID, x.Options, x.Streams)
	if err != nil {
		return causeOf(ctx, err)
	}
	if x.Options.TTY {
		// A lost change spoils a line, and the next one may arrive.
		defer x.Terminal.OnResize(func() { _ = p.Resize(ctx, x.Terminal.Size()) })()
	}
	f.deliverBy(func(s syscall.Signal) bool { return x.signal(ctx, s) })
	result, err := p.Wait(ctx)
	var broken *engine.OutputError
	var signalled signalError
	switch {
	case errors.As(err, &broken):
		return x.outputLost(broken)
	case errors.Is(err, engine.ErrNotFound):
		return x.containerGone()
	case err != nil && errors.As(context.Cause(ctx), &signalled):
		return signalled.code(), fmt.Errorf("ended by %s: the command may still run in workspace %s",
			signalled, x.Resolver.Workspace)
	case err != nil:
		return ExitOwnFailure, err
	case result.Failure != "":
		return result.ExitCode, errors.New(result.Failure)
	case result.ExitCode == exitKilled:
		return x.killed(ctx)
	}
	return result.ExitCode, nil
}

// containerEnd is how long an engine may report a container as running after its commands have ended: a busy one takes
// a second.
const containerEnd = 3 * time.Second

// killed explains the end of a command that was killed because its container ended.
func (x *Exec) killed(ctx context.Context) (int, error) {
	for deadline := time.Now().Add(containerEnd); time.Now().Before(deadline); {
		c, err := x.Resolver.Engine.Look(ctx, x.container.ID)
		if errors.Is(err, engine.ErrNotFound) || err == nil && c.State != engine.StateRunning {
			return x.containerGone()
		}
		if err != nil || pause.For(ctx, containerEnd/30) != nil {
			break
		}
	}
	return exitKilled, nil
}

func (x *Exec) containerGone() (int, error) {
	return exitKilled, fmt.Errorf("workspace %s was stopped or replaced while the command ran, "+
		"and that killed the command", x.Resolver.Workspace)
}

// outputLost ends the command as a kernel ends a writer to a pipe that nobody reads.
func (x *Exec) outputLost(broken *engine.OutputError) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	x.signal(ctx, syscall.SIGPIPE)
	if errors.Is(broken, syscall.EPIPE) {
		return exitPipe, nil
	}
	return ExitOwnFailure, broken
}

// causeOf replaces an error by the signal that caused it.
func causeOf(ctx context.Context, err error) (int, error) {
	var signalled signalError
	if errors.As(context.Cause(ctx), &signalled) {
		return signalled.code(), nil
	}
	return ExitOwnFailure, err
}
