package docker

import (
	"context"
	"errors"

	"github.com/docker/docker/api/types/image"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Image returns a local image.
func (e *Engine) Image(ctx context.Context, ref string) (engine.Image, error) {
	inspected, err := ask(ctx, e, "inspect image "+ref, func(cli *connection) (image.InspectResponse, error) {
		return cli.ImageInspect(ctx, ref)
	})
	if errors.Is(err, engine.ErrNotFound) {
		return engine.Image{}, fail(engine.ErrImageMissing, "image %s is not present", ref)
	}
	return engine.Image{ID: inspected.ID}, err
}
