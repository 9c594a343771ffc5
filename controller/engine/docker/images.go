package docker

import (
	"context"
	"errors"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Image returns a local image.
func (e *Engine) Image(ctx context.Context, ref string) (engine.Image, error) {
	cli, err := e.client(ctx)
	if err != nil {
		return engine.Image{}, err
	}
	inspected, err := cli.ImageInspect(ctx, ref)
	if err = e.translate(ctx, "inspect image "+ref, err); errors.Is(err, engine.ErrNotFound) {
		return engine.Image{}, fail(errImageMissing, "image %s is not present", ref)
	}
	return engine.Image{ID: inspected.ID}, err
}

// errImageMissing is both: Image promises ErrNotFound, and what is not found is an image.
var errImageMissing = errors.Join(engine.ErrNotFound, engine.ErrImageNotFound)
