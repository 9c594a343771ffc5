package docker

import (
	"context"
	_ "embed" // for the script
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// markVariable is inherited by all processes that a command starts. Its value is different in each container, so that a
// variable copied from another container does not match.
const markVariable = "DUAL_EXEC"

func markOf(id string, mark engine.Mark) string {
	return fmt.Sprintf("%s=%s-%s.", markVariable, mark, engine.ShortID(id))
}

// endScript ends the processes that carry a mark, from within the container: engines have no call for it, and a process id on
// the host may belong to another process by the time of the kill.
//
//go:embed run_end.sh
var endScript string

// EndRuns runs the script a second time if necessary: first as the container's user, who can read the environment of its
// processes; then as root, who can kill processes that changed their user. Root cannot read the environment of other users'
// processes without a capability that a workspace must not have.
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
		result, err := e.run(ctx, id, engine.ExecOptions{Command: args, User: user, WorkingDir: "/"})
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", doing, err)
		case result.ExitCode == 0:
			return nil
		case result.ExitCode == 126 || result.ExitCode == 127:
			return e.stillRuns(ctx, inspected.ExecIDs, doing, command)
		}
		seeds = pids(result.Output)
	}
	return fail(engine.ErrStillRunning, "%s: processes %s go on: restart the workspace", doing, strings.Join(seeds, ", "))
}

// stillRuns returns an error if the command still runs in a container without a shell.
func (e *Engine) stillRuns(ctx context.Context, execs []string, doing string, command []string) error {
	for _, id := range execs {
		var seen struct {
			Running       bool
			ProcessConfig struct {
				Entrypoint string   `json:"entrypoint"`
				Arguments  []string `json:"arguments"`
			}
		}
		err := e.call(ctx, doing, func(cli *connection) error {
			body, err := cli.stream(ctx, "/exec/"+id+"/json", nil)
			if err != nil {
				return err
			}
			defer body.Close()
			return json.NewDecoder(body).Decode(&seen)
		})
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		ran := append([]string{seen.ProcessConfig.Entrypoint}, seen.ProcessConfig.Arguments...)
		if seen.Running && slices.Equal(ran, command) {
			return fail(engine.ErrStillRunning, "%s: it goes on, and there is no shell in the image to end it with", doing)
		}
	}
	return nil
}

// pids returns the numbers that the script printed. Other output of a workspace's shell is not trusted.
func pids(output string) []string {
	var out []string
	for _, word := range strings.Fields(output) {
		if len(word) < 11 && len(out) < 1000 && strings.Trim(word, "0123456789") == "" {
			out = append(out, word)
		}
	}
	return out
}
