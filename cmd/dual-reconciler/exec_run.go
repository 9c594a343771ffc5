package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/moby/term"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// execution is one command in one workspace.
type execution struct {
	shell    engine.Shell
	name     string
	target   engine.Container
	options  engine.ExecOptions
	out, err io.Writer
	// mark is the value of envMark in the command's environment.
	mark string
}

// envMark is how a command's processes are told from all others in the workspace.
const envMark = "DUAL_EXEC"

func (g *globals) exec(ctx context.Context, name string, command []string, f execFlags) error {
	// The signals are the command's from now on: they must not end our context.
	ctx, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	relay := newRelay(end)
	defer relay.stop()

	in, err := f.input()
	if err != nil {
		return ownFailure(err)
	}
	e, err := g.connect()
	if err != nil {
		return ownFailure(err)
	}
	defer func() { _ = e.Close() }()
	x := &execution{shell: e, out: g.RawOut, err: g.RawErr, name: name, mark: rand.Text(), options: engine.ExecOptions{
		Command: command, Env: f.env, User: f.user, WorkingDir: f.workingDir, TTY: f.tty,
	}}
	x.options.Env = append(x.options.Env, envMark+"="+x.mark)
	for finder, deadline := newFinder(g, e, name), time.Now().Add(f.wait); ; {
		if x.target, err = finder.running(ctx, f.wait); err != nil {
			return causeOf(ctx, err)
		}
		err = x.run(ctx, relay, in)
		gone := errors.Is(err, engine.ErrNotRunning) || errors.Is(err, engine.ErrNotFound)
		if !gone || !time.Now().Before(deadline) {
			return err
		}
		// It went between the look and the command, which was not started.
		if err := sleep(ctx, findEvery); err != nil {
			return causeOf(ctx, err)
		}
	}
}

// run returns an error of class ErrNotRunning or ErrNotFound only where the command was not started.
func (x *execution) run(ctx context.Context, r *relay, in io.Reader) error {
	if x.options.TTY {
		restore, err := enterTerminal(in)
		if err != nil {
			return ownFailure(err)
		}
		defer restore()
		x.options.Size = terminalSize()
	}
	p, err := x.shell.Exec(ctx, x.target.ID, x.options, engine.Streams{In: in, Out: x.out, Err: x.err})
	if err != nil {
		return causeOf(ctx, err)
	}
	if x.options.TTY {
		defer followSize(ctx, p)()
	}
	r.deliverBy(func(s syscall.Signal) bool { return x.signal(ctx, s) })
	result, err := p.Wait(ctx)
	var broken *engine.OutputError
	switch {
	case errors.As(err, &broken):
		return x.outputLost(broken)
	case errors.Is(err, engine.ErrNotFound):
		return x.containerGone()
	case err != nil:
		var signalled signalError
		if errors.As(context.Cause(ctx), &signalled) {
			return exitError{signalled.code(), fmt.Errorf("ended by %s: the command may still run in workspace %s", signalled, x.name)}
		}
		return ownFailure(err)
	case result.Failure != "":
		return exitError{result.ExitCode, errors.New(result.Failure)}
	case result.ExitCode == exitKilled:
		return x.killed(ctx)
	case result.ExitCode != 0:
		return exitError{code: result.ExitCode}
	}
	return nil
}

const (
	exitKilled = 128 + int(syscall.SIGKILL)
	exitPipe   = 128 + int(syscall.SIGPIPE)
)

// containerEnd is how long after its commands a container that ends may still be said to run: busy engines take a second.
const containerEnd = 3 * time.Second

// killed says so where it was the container's end that killed the command: nothing that the command did explains it.
func (x *execution) killed(ctx context.Context) error {
	for deadline := time.Now().Add(containerEnd); time.Now().Before(deadline); {
		c, err := x.shell.Look(ctx, x.target.ID)
		if errors.Is(err, engine.ErrNotFound) || err == nil && c.State != engine.StateRunning {
			return x.containerGone()
		}
		if err != nil || sleep(ctx, containerEnd/30) != nil {
			break
		}
	}
	return exitError{code: exitKilled}
}

func (x *execution) containerGone() error {
	return exitError{exitKilled, fmt.Errorf("workspace %s was stopped or replaced while the command ran, and that killed the command", x.name)}
}

// outputLost ends the command as the kernel would here: nobody reads what it writes.
func (x *execution) outputLost(broken *engine.OutputError) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	x.signal(ctx, syscall.SIGPIPE)
	if errors.Is(broken, syscall.EPIPE) {
		return exitError{code: exitPipe}
	}
	return ownFailure(broken)
}

// causeOf puts the signal in the place of the error that it caused.
func causeOf(ctx context.Context, err error) error {
	var signalled signalError
	if errors.As(context.Cause(ctx), &signalled) {
		return exitError{code: signalled.code()}
	}
	return ownFailure(err)
}

// input is what the command may read; nil where that is nothing, which spares the engine a stream.
func (f execFlags) input() (io.Reader, error) {
	switch {
	case f.stdinSet && !f.stdin:
		return nil, nil
	case f.tty:
		if !term.IsTerminal(os.Stdin.Fd()) {
			return nil, errors.New("-t: the input is not a terminal: leave -t out, or give -i=false for a terminal without input")
		}
		return os.Stdin, nil
	case term.IsTerminal(os.Stdin.Fd()) && !f.stdin:
		return nil, nil
	}
	in, err := os.Stdin.Stat()
	if err != nil {
		return nil, nil
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(in, null) {
		return nil, nil
	}
	return os.Stdin, nil
}
