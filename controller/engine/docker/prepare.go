package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// PrepareVolumes changes the owner through the engine's archive calls, which work on stopped containers and need no program in
// the image. It uses a helper container that has only the volumes, because the paths in the other container lead through
// directories that a workspace can write.
func (e *Engine) PrepareVolumes(ctx context.Context, id, helper string) error {
	doing := "prepare volumes of container " + engine.ShortID(id)
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	who, err := e.identity(ctx, id, inspected.Config.User)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if who == nil || who.uid == 0 {
		return nil
	}
	var give []volumeRoot
	for _, m := range inspected.Mounts {
		if m.Type != mount.TypeVolume || !m.RW {
			continue
		}
		root, err := e.volumeRoot(ctx, id, m)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		if root.owned && !who.mayWrite(root.header) {
			give = append(give, root)
		}
	}
	if len(give) == 0 {
		return nil
	}
	if err := e.give(ctx, &inspected, helper, give, *who); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// volumeRoot is the directory of a volume.
type volumeRoot struct {
	name string
	// owned is set if the volume has an instance's label. Other volumes are not changed.
	owned  bool
	header *tar.Header
}

func (e *Engine) volumeRoot(ctx context.Context, id string, m container.MountPoint) (volumeRoot, error) {
	root := volumeRoot{name: m.Name}
	v, err := ask(ctx, e, "inspect volume "+m.Name, func(cli *connection) (volume.Volume, error) {
		return cli.VolumeInspect(ctx, m.Name)
	})
	if err != nil {
		return root, err
	}
	if _, root.owned = v.Labels[v1alpha1.LabelInstance]; !root.owned {
		return root, nil
	}
	content, err := e.copyFrom(ctx, "read volume "+m.Name, id, m.Destination)
	if err != nil {
		return root, err
	}
	defer func() { _ = content.Close() }()
	if root.header, err = tar.NewReader(content).Next(); err != nil {
		return root, fail(engine.ErrUnavailable, "read volume %s: %s", m.Name, err)
	}
	return root, nil
}

// give makes the user the owner of volumes.
func (e *Engine) give(ctx context.Context, of *container.InspectResponse, helper string, roots []volumeRoot, who identity) error {
	const dir = "/volumes"
	host := &container.HostConfig{NetworkMode: v1alpha1.NetworkNone}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for i, root := range roots {
		entry := strconv.Itoa(i)
		host.Mounts = append(host.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: root.name, Target: path.Join(dir, entry), VolumeOptions: &mount.VolumeOptions{NoCopy: true},
		})
		// The engine sets owner and mode of a directory that exists.
		if err := w.WriteHeader(&tar.Header{
			Typeflag: tar.TypeDir, Name: entry + "/", Mode: root.header.Mode, Uid: who.uid, Gid: who.gid, ModTime: root.header.ModTime,
		}); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	labels := maps.Clone(of.Config.Labels)
	labels[v1alpha1.LabelSpec] = "{}"
	// A crash during an earlier call may have left a helper.
	if err := e.removeHelper(ctx, helper); err != nil {
		return err
	}
	config := &container.Config{Image: of.Image, Cmd: []string{"never-run"}, Labels: labels}
	created, err := ask(ctx, e, "create container "+helper, func(cli *connection) (container.CreateResponse, error) {
		return cli.ContainerCreate(ctx, config, host, nil, nil, helper)
	})
	if err != nil {
		return err
	}
	err = e.call(ctx, fmt.Sprintf("give the volumes to user %d", who.uid), func(cli *connection) error {
		return cli.CopyToContainer(ctx, created.ID, dir, &archive, container.CopyToContainerOptions{})
	})
	return errors.Join(err, e.Discard(ctx, created.ID))
}

// removeHelper removes a container of that name that never ran and carries an instance's label; another one stays.
func (e *Engine) removeHelper(ctx context.Context, name string) error {
	left, err := e.inspect(ctx, name)
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nil
	case err != nil:
		return err
	case left.Config.Labels[v1alpha1.LabelInstance] == "" || left.State.Status != string(engine.StateCreated):
		return fail(engine.ErrNameInUse, "the name %s is held by container %s, which is not owned", name, engine.ShortID(left.ID))
	}
	return e.Discard(ctx, left.ID)
}

// mayWrite reports whether a directory's mode lets the user write, as far as owner and group tell.
func (i identity) mayWrite(h *tar.Header) bool {
	mode := fs.FileMode(h.Mode)
	switch {
	case h.Uid != 0:
		return true // It was given to a user before, which may be intended.
	case h.Gid == i.gid && mode&0o020 != 0:
		return true
	}
	return mode&0o002 != 0
}

// copyFrom returns the archive of a file or directory of a container.
func (e *Engine) copyFrom(ctx context.Context, doing, id, path string) (io.ReadCloser, error) {
	return ask(ctx, e, doing, func(cli *connection) (io.ReadCloser, error) {
		content, _, err := cli.CopyFromContainer(ctx, id, path)
		return content, err
	})
}

// file returns a small file of a container; nothing if it does not exist.
func (e *Engine) file(ctx context.Context, id, name string) ([]byte, error) {
	const enough = 1 << 20
	content, err := e.copyFrom(ctx, "read "+name, id, name)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	r := tar.NewReader(content)
	if h, err := r.Next(); err != nil || h.Typeflag != tar.TypeReg {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r, enough))
}
