package docker

import (
	"context"
	_ "embed" // for the script
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// markVariable is inherited by all that a command starts. It differs from container to container, so that nobody's own
// variable is taken for it.
const markVariable = "DUAL_EXEC"

func markOf(id string, mark engine.Mark) string {
	return fmt.Sprintf("%s=%s-%s.", markVariable, mark, engine.ShortID(id))
}

// endScript ends the processes that carry a mark, from within the container: engines have no call for it, and what is killed
// from the host may be somebody else's by then.
//
//go:embed run_end.sh
var endScript string

// EndRuns runs the script twice where it has to: the container's own user can read the environment of its processes, and
// root, which cannot read that of other users without a capability that a workspace must not be given, can kill what changed
// its user since.
func (e *Engine) EndRuns(ctx context.Context, id string, mark engine.Mark, command []string) error {
	doing := fmt.Sprintf("end the %s in container %s", mark, engine.ShortID(id))
	inspected, err := e.inspect(ctx, id)
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !inspected.State.Running:
		return nil
	case inspected.State.Paused:
		return fail(engine.ErrNotRunning, "%s: it is paused", doing)
	}
	var seeds []string
	for _, user := range []string{"", "0"} {
		args := append([]string{"sh", "-c", endScript, "sh", markOf(id, mark)}, seeds...)
		result, err := e.run(ctx, id, container.ExecOptions{Cmd: args, User: user, WorkingDir: "/"})
		switch {
		case err != nil:
			return prefix(doing, err)
		case result.ExitCode == 0:
			return nil
		case result.ExitCode == 126 || result.ExitCode == 127:
			return e.stillRuns(ctx, inspected.ExecIDs, doing, command)
		}
		seeds = pids(result.Output)
	}
	return fail(engine.ErrStillRunning, "%s: processes %s go on: restart the workspace", doing, strings.Join(seeds, ", "))
}

// stillRuns asks the engine about commands in a container without a shell.
func (e *Engine) stillRuns(ctx context.Context, execs []string, doing string, command []string) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	for _, id := range execs {
		var seen struct {
			Running       bool
			ProcessConfig struct {
				Entrypoint string   `json:"entrypoint"`
				Arguments  []string `json:"arguments"`
			}
		}
		body, err := cli.stream(ctx, "/exec/"+id+"/json", nil)
		if err == nil {
			err = json.NewDecoder(body).Decode(&seen)
			_ = body.Close()
		}
		if cerrdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return e.translate(ctx, doing, err)
		}
		ran := append([]string{seen.ProcessConfig.Entrypoint}, seen.ProcessConfig.Arguments...)
		if seen.Running && slices.Equal(ran, command) {
			return fail(engine.ErrStillRunning, "%s: it goes on, and there is no shell in the image to end it with", doing)
		}
	}
	return nil
}

// pids are the numbers that the script printed; what a workspace's shell prints is not trusted further.
func pids(output string) []string {
	var out []string
	for _, word := range strings.Fields(output) {
		if len(word) < 11 && len(out) < 1000 && strings.Trim(word, "0123456789") == "" {
			out = append(out, word)
		}
	}
	return out
}
