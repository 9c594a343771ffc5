package docker

import (
	"context"
	"errors"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Start starts a container. The engine answers "not modified" for one that runs, which the client takes for success.
func (e *Engine) Start(ctx context.Context, id string) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	doing := "start container " + engine.ShortID(id)
	err = cli.ContainerStart(ctx, id, container.StartOptions{})
	if gone := goneNetwork(err); gone != "" && ctx.Err() == nil {
		if err := e.reattach(ctx, id, gone); err != nil {
			return prefix(doing, err)
		}
		err = cli.ContainerStart(ctx, id, container.StartOptions{})
	}
	return e.translate(ctx, doing, err)
}

// Stop stops a container. A paused one is resumed by the engine for its SIGTERM; where an engine refuses instead, it is
// resumed here.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	doing := "stop container " + engine.ShortID(id)
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	timeout := seconds(grace)
	stop := func() error { return cli.ContainerStop(ctx, id, container.StopOptions{Timeout: &timeout}) }
	err = stop()
	if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "paused") {
		if err := e.Unpause(ctx, id); err != nil {
			return err
		}
		err = stop()
	}
	return e.translate(ctx, doing, err)
}

// Remove removes a container that does not run. It never forces the removal of one that lives.
func (e *Engine) Remove(ctx context.Context, id string) error {
	return e.removeWith(ctx, id, container.RemoveOptions{})
}

// Discard relies on the engine to keep volumes that a container was created with by name.
func (e *Engine) Discard(ctx context.Context, id string) error {
	return e.removeWith(ctx, id, container.RemoveOptions{RemoveVolumes: true})
}

func (e *Engine) removeWith(ctx context.Context, id string, o container.RemoveOptions) error {
	err := e.remove(ctx, id, o)
	if !cerrdefs.IsConflict(err) && !cerrdefs.IsInternal(err) {
		return e.removeError(ctx, id, err)
	}
	// Somebody else's removal is under way, or one failed half-way and left the container dead.
	state, goneErr := e.gone(ctx, id)
	switch {
	case goneErr != nil:
		return goneErr
	case state == "":
		return nil
	case state == engine.StateDead:
		o.Force = true
		return e.removeError(ctx, id, e.remove(ctx, id, o))
	case strings.Contains(err.Error(), "already in progress"):
		return e.removeError(ctx, id, e.remove(ctx, id, o))
	}
	return e.removeError(ctx, id, err)
}

func (e *Engine) remove(ctx context.Context, id string, o container.RemoveOptions) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	return cli.ContainerRemove(ctx, id, o)
}

func (e *Engine) removeError(ctx context.Context, id string, err error) error {
	doing := "remove container " + engine.ShortID(id)
	refused := cerrdefs.IsConflict(err) || cerrdefs.IsInternal(err) && strings.Contains(err.Error(), "container state improper")
	if refused && ctx.Err() == nil && strings.Contains(err.Error(), "cannot remove") {
		return fail(engine.ErrInvalid, "%s: it is not stopped: stop it first", doing)
	}
	if err = e.translate(ctx, doing, err); errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	return err
}

// Rename gives a container another name. Its present one is no error.
func (e *Engine) Rename(ctx context.Context, id, name string) error {
	doing := "rename container " + engine.ShortID(id) + " to " + name
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	err = e.withName(ctx, name, doing, func() error { return cli.ContainerRename(ctx, id, name) })
	if err != nil && strings.Contains(err.Error(), "same name as its current name") {
		return nil
	}
	return e.translate(ctx, doing, err)
}

// Unpause resumes a paused container.
func (e *Engine) Unpause(ctx context.Context, id string) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	err = cli.ContainerUnpause(ctx, id)
	if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "is not paused") {
		return nil
	}
	return e.translate(ctx, "unpause container "+engine.ShortID(id), err)
}
