package docker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/versions"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// streamBuffer holds more than an engine writes at once.
const streamBuffer = 64 << 10

// process is a command that was started.
type process struct {
	e         *Engine
	id, doing string
	tty       bool
	podman    bool
	stream    types.HijackedResponse
	out, err  io.Writer
	// unwatch ends the watch on the context of Exec.
	unwatch func() bool
	// stop ends, and resized is closed after, the attempts to set the first size.
	stop    context.CancelFunc
	resized chan struct{}
}

// begin gives the terminal its first size. Engines before API 1.42 do not take it with the command, and refuse it until
// the command runs.
func (p *process) begin(ctx context.Context, size engine.TerminalSize) {
	ctx, p.stop = context.WithCancel(ctx)
	cli, err := p.e.client(ctx)
	if err != nil || !p.tty || size == (engine.TerminalSize{}) || !versions.LessThan(cli.ClientVersion(), "1.42") {
		close(p.resized)
		return
	}
	go func() {
		defer close(p.resized)
		for wait := time.Millisecond; p.Resize(ctx, size) != nil && wait < time.Second; wait *= 2 {
			if pause.For(ctx, wait) != nil {
				return
			}
		}
	}()
}

func (p *process) Resize(ctx context.Context, size engine.TerminalSize) error {
	cli, err := p.e.client(ctx)
	if err != nil {
		return err
	}
	return p.e.translate(ctx, "resize the terminal", cli.ContainerExecResize(ctx, p.id, container.ResizeOptions{Height: size.Rows, Width: size.Columns}))
}

func (p *process) Wait(ctx context.Context) (engine.ExecResult, error) {
	defer func() { <-p.resized }()
	defer p.stop()
	defer p.stream.Close()
	defer p.unwatch()
	defer context.AfterFunc(ctx, p.stream.Close)()

	out := &complaint{to: p.out, never: p.podman}
	started, stop := context.WithCancel(ctx)
	var asking sync.WaitGroup
	out.holds = func() { asking.Go(func() { p.passWhenStarted(started, out) }) }
	err := p.copyOutput(out, p.err)
	stop()
	asking.Wait()
	var broken *engine.OutputError
	switch {
	case ctx.Err() != nil:
		return engine.ExecResult{}, errors.Join(p.e.translate(ctx, p.doing, ctx.Err()), out.pass())
	case errors.As(err, &broken):
		return engine.ExecResult{}, err
	case err != nil:
		return engine.ExecResult{}, errors.Join(p.e.translate(ctx, p.doing, err), out.pass())
	}
	inspected, err := p.ended(ctx)
	if err != nil {
		return engine.ExecResult{}, errors.Join(err, out.pass())
	}
	result := engine.ExecResult{ExitCode: inspected.ExitCode}
	if text := out.held; len(text) > 0 && inspected.Pid == 0 {
		result.Failure, result.ExitCode = clean(string(text)), refusedCode(inspected.ExitCode, string(text))
		return result, nil
	}
	return result, out.pass()
}

// passWhenStarted passes on the output that was held back as soon as the engine has a process for the command, because then it
// is the command's output.
func (p *process) passWhenStarted(ctx context.Context, out *complaint) {
	for wait := time.Millisecond; ; wait = min(2*wait, pollEvery) {
		cli, err := p.e.client(ctx)
		if err != nil {
			return
		}
		switch inspected, err := cli.ContainerExecInspect(ctx, p.id); {
		case err != nil || !inspected.Running && inspected.Pid == 0:
			return // The end of the output decides.
		case inspected.Pid != 0:
			_ = out.pass() // The next write returns the error, too.
			return
		}
		if pause.For(ctx, wait) != nil {
			return
		}
	}
}

func (p *process) copyOutput(out, stderr io.Writer) error {
	if p.tty {
		_, err := io.CopyBuffer(sink{out}, onlyReader{p.stream.Conn}, make([]byte, streamBuffer/2))
		return err
	}
	return demux(bufio.NewReaderSize(p.stream.Conn, streamBuffer), out, stderr)
}

// ended waits until the engine reports the end of a command whose output has ended.
func (p *process) ended(ctx context.Context) (container.ExecInspect, error) {
	for wait := time.Millisecond; ; wait = min(2*wait, pollEvery) {
		cli, err := p.e.client(ctx)
		if err != nil {
			return container.ExecInspect{}, err
		}
		inspected, err := cli.ContainerExecInspect(ctx, p.id)
		if cerrdefs.IsNotFound(err) && ctx.Err() == nil {
			return inspected, fail(engine.ErrNotFound, "%s: the container was removed", p.doing)
		}
		if err != nil || !inspected.Running {
			return inspected, p.e.translate(ctx, p.doing, err)
		}
		if err := pause.For(ctx, wait); err != nil {
			return inspected, p.e.translate(ctx, p.doing, err)
		}
	}
}
