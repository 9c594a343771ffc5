package docker

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// initBefore the end of the container is when its init complained: what an earlier run complained of is older, or the same.
const initBefore = 10 * time.Second

// podmanInit gives a container the exit code of a shell, where podman's init could not execute the command. The init ends with 1
// then, as any program may: only its last line tells them apart. Where there is no log, nothing does.
func (e *Engine) podmanInit(ctx context.Context, c *engine.Container) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	// The init writes its line in pieces. Of a number of last lines, podman leaves out all pieces but the last.
	since := unixNano(c.Details.FinishedAt.Add(-initBefore))
	body, err := cli.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStderr: true, Since: since})
	if err = e.translate(ctx, "read logs of container "+engine.ShortID(c.ID), err); err != nil {
		if ctx.Err() != nil || errors.Is(err, engine.ErrUnavailable) {
			return err
		}
		return nil
	}
	defer body.Close()
	var text tail
	// A container with a terminal has no frames: then it is not the init's line.
	_, _ = stdcopy.StdCopy(io.Discard, &text, body)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if code := initFault(text.String()); code != 0 {
		c.Details.ExitCode = code
	}
	return nil
}

// initLine is the init's: podman may end each of its pieces with a newline.
var initLine = regexp.MustCompile(`ERROR \(catatonit:\d+\): \n?failed to exec pid1: \n?([^\n]+)\n*$`)

// initFault is what a shell would end with where the last line is the init's, on a command that it could not execute; else 0.
func initFault(text string) int {
	line := initLine.FindStringSubmatch(text)
	switch {
	case line == nil:
		return 0
	case line[1] == "No such file or directory":
		return 127
	}
	return 126
}
