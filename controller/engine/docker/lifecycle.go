package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Start starts a container. The engine answers "not modified" for one that runs, which the client takes for success.
func (e *Engine) Start(ctx context.Context, id string) error {
	doing := "start container " + engine.ShortID(id)
	return e.call(ctx, doing, func(cli *connection) error {
		err := cli.ContainerStart(ctx, id, container.StartOptions{})
		if gone := goneNetwork(err); gone != "" && ctx.Err() == nil {
			if err := e.reattach(ctx, id, gone); err != nil {
				return fmt.Errorf("%s: %w", doing, err)
			}
			err = cli.ContainerStart(ctx, id, container.StartOptions{})
		}
		return err
	})
}

// Stop stops a container. Docker resumes a paused container in order to stop it; podman refuses, so it is resumed here.
func (e *Engine) Stop(ctx context.Context, id string, grace time.Duration) error {
	timeout := seconds(grace)
	o := container.StopOptions{Timeout: &timeout}
	return e.call(ctx, "stop container "+engine.ShortID(id), func(cli *connection) error {
		err := cli.ContainerStop(ctx, id, o)
		if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "paused") {
			if err := e.Unpause(ctx, id); err != nil {
				return err
			}
			err = cli.ContainerStop(ctx, id, o)
		}
		return err
	})
}

// Remove removes a container that does not run. It never forces the removal of a running one.
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
	// Another removal is in progress, or an earlier one failed and left the container dead.
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

// Rename gives a container another name. Its current name is no error.
func (e *Engine) Rename(ctx context.Context, id, name string) error {
	doing := "rename container " + engine.ShortID(id) + " to " + name
	return e.call(ctx, doing, func(cli *connection) error {
		err := e.withName(ctx, name, doing, func() error { return cli.ContainerRename(ctx, id, name) })
		if err != nil && strings.Contains(err.Error(), "same name as its current name") {
			return nil
		}
		return err
	})
}

// Unpause resumes a paused container.
func (e *Engine) Unpause(ctx context.Context, id string) error {
	return e.call(ctx, "unpause container "+engine.ShortID(id), func(cli *connection) error {
		err := cli.ContainerUnpause(ctx, id)
		if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "is not paused") {
			return nil
		}
		return err
	})
}
