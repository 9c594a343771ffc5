package docker

import (
	"context"
	"errors"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Volumes lists the instance's volumes.
func (e *Engine) Volumes(ctx context.Context, instance string) ([]engine.Volume, error) {
	cli, err := e.client(ctx)
	if err != nil {
		return nil, err
	}
	list, err := cli.VolumeList(ctx, volume.ListOptions{Filters: instanceFilter(instance)})
	if err != nil {
		return nil, e.translate(ctx, "list volumes", err)
	}
	vs := make([]engine.Volume, 0, len(list.Volumes))
	for _, v := range list.Volumes {
		if labels := engine.OwnLabels(v.Labels); labels[v1alpha1.LabelInstance] == instance {
			vs = append(vs, engine.Volume{Name: v.Name, Labels: labels})
		}
	}
	return vs, nil
}

// CreateVolume relies on the engine's creation being idempotent: labels of a volume that exists stay.
func (e *Engine) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	if name == "" {
		// The engine would make an anonymous one that nobody ever finds again.
		return fail(engine.ErrInvalid, "create volume: no name")
	}
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	_, err = cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels})
	return e.translate(ctx, "create volume "+name, err)
}

// RemoveVolume removes a volume that no container uses.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	err = cli.VolumeRemove(ctx, name, false)
	if cerrdefs.IsConflict(err) && ctx.Err() == nil {
		return fail(engine.ErrInUse, "remove volume %s: %s", name, clean(err.Error()))
	}
	if err = e.translate(ctx, "remove volume "+name, err); errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	return err
}
