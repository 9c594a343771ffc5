package docker

import (
	"context"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Run executes a command without a terminal. A command that cannot be executed is a result (126, 127), as in a shell.
func (e *Engine) Run(ctx context.Context, id string, command []string, mark engine.Mark) (engine.RunResult, error) {
	o := container.ExecOptions{Cmd: command}
	if mark != "" {
		o.Env = []string{markOf(id, mark)}
	}
	return e.run(ctx, id, o)
}

func (e *Engine) run(ctx context.Context, id string, o container.ExecOptions) (engine.RunResult, error) {
	doing := "run a command in container " + engine.ShortID(id)
	if len(o.Cmd) == 0 {
		return engine.RunResult{}, fail(engine.ErrInvalid, "run in container %s: no command", engine.ShortID(id))
	}
	cli, err := e.client(ctx)
	if err != nil {
		return engine.RunResult{}, err
	}
	o.AttachStdout, o.AttachStderr = true, true
	exec, err := cli.ContainerExecCreate(ctx, id, o)
	if err != nil {
		return engine.RunResult{}, e.translate(ctx, doing, err)
	}
	stream, err := attach(ctx, cli, exec.ID, container.ExecAttachOptions{})
	if err != nil {
		return engine.RunResult{}, e.translate(ctx, doing, err)
	}
	defer stream.Close()
	// The connection is out of the HTTP client's hands: only closing it ends a read.
	defer context.AfterFunc(ctx, stream.Close)()

	var output tail
	_, err = stdcopy.StdCopy(&output, &output, stream.Reader)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return engine.RunResult{Output: output.String()}, e.translate(ctx, doing, err)
	}
	code, err := e.exitCode(ctx, exec.ID, doing)
	if err != nil {
		return engine.RunResult{Output: output.String()}, err
	}
	result := engine.RunResult{ExitCode: code, Output: output.String()}
	if code == 126 || code == 127 {
		// The engine's own complaint comes in the command's place.
		if strings.HasPrefix(result.Output, "OCI runtime exec failed") || strings.HasPrefix(result.Output, "Error: ") &&
			strings.Contains(result.Output, ": OCI ") {
			result.Output = clean(result.Output) + "\n"
		}
	}
	return result, nil
}

// exitCode waits for the engine to book the end of a command whose output has ended.
func (e *Engine) exitCode(ctx context.Context, exec, doing string) (int, error) {
	cli, err := e.client(ctx)
	if err != nil {
		return 0, err
	}
	for {
		inspected, err := cli.ContainerExecInspect(ctx, exec)
		if cerrdefs.IsNotFound(err) && ctx.Err() == nil {
			return 0, fail(nil, "%s: the container ended before the command", doing)
		}
		if err != nil {
			return 0, e.translate(ctx, doing, err)
		}
		if !inspected.Running {
			return inspected.ExitCode, nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return 0, e.translate(ctx, doing, err)
		}
	}
}
