package docker

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// initBefore is how long before the end of the container its init may have written the message. A message of an earlier run is
// older, or the same.
const initBefore = 10 * time.Second

// podmanInit sets the exit code of a shell for a container whose init could not execute the command. podman's init then ends with
// 1, as any program may: only its last line distinguishes the two cases. Without a log they cannot be distinguished.
func (e *Engine) podmanInit(ctx context.Context, c *engine.Container) error {
	// The init writes its line in pieces. Of a number of last lines, podman leaves out all pieces but the last.
	since := unixNano(c.Details.FinishedAt.Add(-initBefore))
	body, err := ask(ctx, e, "read logs of container "+engine.ShortID(c.ID), func(cli *connection) (io.ReadCloser, error) {
		return cli.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStderr: true, Since: since})
	})
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, engine.ErrUnavailable) {
			return err
		}
		return nil
	}
	defer body.Close()
	var text tail
	// A container with a terminal has no frames. Then the line is not the init's.
	_ = demux(body, io.Discard, &text)
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

// initFault returns the exit code of a shell if the last line is the init's message about a command that it could not execute;
// else 0.
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
