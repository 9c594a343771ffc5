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

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// PrepareVolumes changes the owner through the engine's archive calls: they work on containers that do not run, and need no
// program in the image. They go to a container that has nothing but the volumes, because the paths of the other one lead
// through directories that a workspace can write.
func (e *Engine) PrepareVolumes(ctx context.Context, id, helper string) error {
	doing := "prepare volumes of container " + engine.ShortID(id)
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return prefix(doing, err)
	}
	who, err := e.identity(ctx, id, inspected.Config.User)
	if err != nil {
		return prefix(doing, err)
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
			return prefix(doing, err)
		}
		if root.ours && !who.mayWrite(root.header) {
			give = append(give, root)
		}
	}
	if len(give) == 0 {
		return nil
	}
	if err := e.give(ctx, &inspected, helper, give, *who); err != nil {
		return prefix(doing, err)
	}
	return nil
}

// volumeRoot is the directory of a volume.
type volumeRoot struct {
	name string
	// ours says that the volume carries an instance's label: others are left as they are.
	ours   bool
	header *tar.Header
}

func (e *Engine) volumeRoot(ctx context.Context, id string, m container.MountPoint) (volumeRoot, error) {
	root := volumeRoot{name: m.Name}
	cli, err := e.client(ctx)
	if err != nil {
		return root, err
	}
	v, err := cli.VolumeInspect(ctx, m.Name)
	if err != nil {
		return root, e.translate(ctx, "inspect volume "+m.Name, err)
	}
	if _, root.ours = v.Labels[v1alpha1.LabelInstance]; !root.ours {
		return root, nil
	}
	content, _, err := cli.CopyFromContainer(ctx, id, m.Destination)
	if err != nil {
		return root, e.translate(ctx, "read volume "+m.Name, err)
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
	host := &container.HostConfig{NetworkMode: networkNone}
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
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	// A crash of an earlier try may have left one.
	if err := e.removeHelper(ctx, helper); err != nil {
		return err
	}
	created, err := cli.ContainerCreate(ctx, &container.Config{Image: of.Image, Cmd: []string{"never-run"}, Labels: labels}, host, nil, nil, helper)
	if err != nil {
		return e.translate(ctx, "create container "+helper, err)
	}
	err = cli.CopyToContainer(ctx, created.ID, dir, &archive, container.CopyToContainerOptions{})
	if err != nil {
		err = e.translate(ctx, fmt.Sprintf("give the volumes to user %d", who.uid), err)
	}
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
		return true // It was given to a user before: that was somebody's decision.
	case h.Gid == i.gid && mode&0o020 != 0:
		return true
	}
	return mode&0o002 != 0
}

// file reads a small file of a container; nothing where there is none.
func (e *Engine) file(ctx context.Context, id, name string) ([]byte, error) {
	const enough = 1 << 20
	cli, err := e.client(ctx)
	if err != nil {
		return nil, err
	}
	content, _, err := cli.CopyFromContainer(ctx, id, name)
	if err = e.translate(ctx, "read "+name, err); errors.Is(err, engine.ErrNotFound) {
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
