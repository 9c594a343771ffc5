package docker

import (
	"context"
	"errors"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Run executes a command without a terminal. A command that cannot be executed is a result (126, 127), as in a shell.
func (e *Engine) Run(ctx context.Context, id string, command []string, mark engine.Mark) (engine.RunResult, error) {
	o := engine.ExecOptions{Command: command}
	if mark != "" {
		o.Env = []string{markOf(id, mark)}
	}
	return e.run(ctx, id, o)
}

func (e *Engine) run(ctx context.Context, id string, o engine.ExecOptions) (engine.RunResult, error) {
	// The command is not part of the text: it may contain secrets.
	doing := "run a command in container " + engine.ShortID(id)
	var output tail
	p, err := e.exec(ctx, doing, id, o, engine.Streams{Out: &output, Err: &output})
	if err != nil {
		return engine.RunResult{}, err
	}
	ended, err := p.Wait(ctx)
	result := engine.RunResult{ExitCode: ended.ExitCode, Output: output.String()}
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return result, fail(nil, "%s: the container ended before the command", doing)
	case err != nil:
		return result, err
	case ended.Failure != "":
		result.Output = ended.Failure + "\n"
	case (result.ExitCode == 126 || result.ExitCode == 127) && podmanRefused(result.Output):
		result.Output = clean(result.Output) + "\n"
	}
	return result, nil
}

// podmanRefused reports whether the output is podman's message about a command that it could not execute.
func podmanRefused(output string) bool {
	return strings.HasPrefix(output, "OCI runtime exec failed") ||
		strings.HasPrefix(output, "Error: ") && strings.Contains(output, ": OCI ")
}
