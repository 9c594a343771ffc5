package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

const (
	// nameRelease is how long a name may stay in use after the removal of its container began.
	nameRelease = 2 * time.Second
	pollEvery   = 25 * time.Millisecond
)

// withName repeats call, which needs a name, while the container that has the name is being removed: engines release a name
// some time after the container has left their lists. It is ErrNameInUse if that container stays.
func (e *Engine) withName(ctx context.Context, name, doing string, call func() error) error {
	deadline := time.Now().Add(nameRelease)
	for {
		err := call()
		if !nameTaken(err) || ctx.Err() != nil {
			return err
		}
		holder, inspectErr := e.inspect(ctx, name)
		going := errors.Is(inspectErr, engine.ErrNotFound) ||
			(inspectErr == nil && engine.State(holder.State.Status) == engine.StateRemoving)
		if !going || time.Now().After(deadline) {
			by := ""
			if inspectErr == nil {
				by = " by container " + engine.ShortID(holder.ID)
			}
			return fail(engine.ErrNameInUse, "%s: the name %s is in use%s", doing, name, by)
		}
		if err := pause.For(ctx, pollEvery); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
}

func nameTaken(err error) bool {
	// podman answers 500 to everything that it refuses.
	return err != nil && (cerrdefs.IsConflict(err) || cerrdefs.IsInternal(err)) && strings.Contains(err.Error(), " already in use")
}

// gone waits for the end of a removal in progress. It returns the container's state if the removal failed.
func (e *Engine) gone(ctx context.Context, id string) (engine.State, error) {
	for {
		c, err := e.inspect(ctx, id)
		switch {
		case errors.Is(err, engine.ErrNotFound):
			return "", nil
		case err != nil:
			return "", err
		case engine.State(c.State.Status) != engine.StateRemoving:
			return engine.State(c.State.Status), nil
		}
		if err := pause.For(ctx, pollEvery); err != nil {
			return "", fmt.Errorf("remove container %s: %w", engine.ShortID(id), err)
		}
	}
}
