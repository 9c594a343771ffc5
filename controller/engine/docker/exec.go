package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

var _ engine.Shell = (*Engine)(nil)

// detachKeys are a sequence that is never typed. Engines require a sequence, and hold back each key that may begin it: with
// their default, Ctrl-P (a shell's previous line) would show only together with the next key.
const detachKeys = "ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^,ctrl-@"

// Look inspects without the call for the number of cores that Inspect may need for the limits.
func (e *Engine) Look(ctx context.Context, id string) (engine.Container, error) {
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return engine.Container{}, err
	}
	c := fromInspection(&inspected, 0)
	c.Details = nil
	return c, nil
}

// Exec creates the command and attaches to it; attaching starts it.
func (e *Engine) Exec(ctx context.Context, id string, o engine.ExecOptions, s engine.Streams) (engine.Process, error) {
	return e.exec(ctx, "run "+strings.Join(o.Command, " ")+" in container "+engine.ShortID(id), id, o, s)
}

func (e *Engine) exec(
	ctx context.Context, doing, id string, o engine.ExecOptions, s engine.Streams,
) (engine.Process, error) {
	if len(o.Command) == 0 {
		return nil, fail(engine.ErrInvalid, "run in container %s: no command", engine.ShortID(id))
	}
	cli, err := e.client(ctx)
	if err != nil {
		return nil, err
	}
	size := consoleSize(o)
	created, err := cli.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: o.Command, Env: o.Env, User: o.User, WorkingDir: o.WorkingDir, Tty: o.TTY, ConsoleSize: size, DetachKeys: detachKeys,
		AttachStdin: s.In != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, e.notStarted(ctx, doing, err)
	}
	stream, err := attach(ctx, cli, created.ID, container.ExecAttachOptions{Tty: o.TTY, ConsoleSize: size})
	if err != nil {
		if cli.podman && e.unknownUser(ctx, id, o.User) {
			return refused{ExitCode: 126, Failure: "unable to find user " + o.User}, nil
		}
		return nil, e.notStarted(ctx, doing, err)
	}
	p := &process{
		e: e, id: created.ID, doing: doing, tty: o.TTY, podman: cli.podman, stream: stream,
		out: s.Out, err: s.Err, resized: make(chan struct{}),
	}
	// The connection is out of the HTTP client's hands: only closing it ends a read.
	p.unwatch = context.AfterFunc(ctx, stream.Close)
	if s.In != nil {
		go feed(stream, s.In)
	}
	p.begin(ctx, o.Size)
	return p, nil
}

// notStarted classifies the refusals after which the caller may run the command in another container. For a refused upgrade of
// the connection, the docker client returns only the status.
func (e *Engine) notStarted(ctx context.Context, doing string, err error) error {
	text := clean(err.Error())
	switch {
	case cerrdefs.IsConflict(err), strings.HasSuffix(text, fmt.Sprintf("received %d", http.StatusConflict)):
		return fail(engine.ErrNotRunning, "%s: %s", doing, text)
	case strings.HasSuffix(text, fmt.Sprintf("received %d", http.StatusNotFound)):
		return fail(engine.ErrNotFound, "%s: %s", doing, text)
	}
	return e.translate(ctx, doing, err)
}

// feed copies the input and then closes the stream for writing, so that a command such as cat sees the end of its input. An
// error here shows as the end of the command.
func feed(stream types.HijackedResponse, in io.Reader) {
	_, _ = io.Copy(stream.Conn, in)
	_ = stream.CloseWrite()
}

func consoleSize(o engine.ExecOptions) *[2]uint {
	if !o.TTY || o.Size == (engine.TerminalSize{}) {
		return nil
	}
	return &[2]uint{o.Size.Rows, o.Size.Columns}
}
