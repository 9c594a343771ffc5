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
	list, err := ask(ctx, e, "list volumes", func(cli *connection) (volume.ListResponse, error) {
		return cli.VolumeList(ctx, volume.ListOptions{Filters: instanceFilter(instance)})
	})
	if err != nil {
		return nil, err
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
		// The engine would make an anonymous one that is never found again.
		return fail(engine.ErrInvalid, "create volume: no name")
	}
	return e.call(ctx, "create volume "+name, func(cli *connection) error {
		_, err := cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels})
		return err
	})
}

// RemoveVolume removes a volume that no container uses.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	doing := "remove volume " + name
	err := e.call(ctx, doing, func(cli *connection) error {
		err := cli.VolumeRemove(ctx, name, false)
		if cerrdefs.IsConflict(err) && ctx.Err() == nil {
			return fail(engine.ErrInUse, "%s: %s", doing, clean(err.Error()))
		}
		return err
	})
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	return err
}
