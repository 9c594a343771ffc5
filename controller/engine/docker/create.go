package docker

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Create makes a container without starting it.
func (e *Engine) Create(ctx context.Context, spec engine.ContainerSpec) (string, error) {
	doing := "create container " + spec.Name
	if spec.Name == "" {
		return "", fail(engine.ErrInvalid, "create container: no name")
	}
	for _, m := range spec.Mounts {
		// The engine would be told of another path.
		if !utf8.ValidString(m.Source) {
			return "", fail(engine.ErrInvalid, "%s: the mount's source %q is not valid UTF-8: rename it", doing, m.Source)
		}
	}
	if spec.Network == "" {
		spec.Network = v1alpha1.NetworkBridge
	}
	if err := e.checkNetwork(ctx, spec.Network); err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	cpus, err := e.cores(ctx)
	if err != nil {
		return "", err
	}
	cli, err := e.client(ctx)
	if err != nil {
		return "", err
	}
	host := hostConfig(&spec, cpus)
	if cli.podman && host.PidsLimit == nil {
		// podman's default is a limit of 2048.
		unlimited := int64(-1)
		host.PidsLimit = &unlimited
	}
	var created container.CreateResponse
	err = e.withName(ctx, spec.Name, doing, func() (err error) {
		created, err = cli.ContainerCreate(ctx, containerConfig(&spec), host, nil, nil, spec.Name)
		return err
	})
	return created.ID, e.createError(ctx, doing, &spec, err)
}

func containerConfig(s *engine.ContainerSpec) *container.Config {
	grace := seconds(s.StopTimeout)
	return &container.Config{
		Hostname:    s.Hostname,
		User:        s.User,
		Env:         s.Env,
		Cmd:         s.Args,
		Image:       s.Image,
		WorkingDir:  s.WorkingDir,
		Entrypoint:  s.Command,
		Labels:      s.Labels,
		StopTimeout: &grace,
	}
}

func hostConfig(s *engine.ContainerSpec, cpus int) *container.HostConfig {
	h := &container.HostConfig{
		NetworkMode:    container.NetworkMode(s.Network),
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled},
		CapAdd:         s.CapAdd,
		CapDrop:        s.CapDrop,
		ReadonlyRootfs: s.ReadOnlyRootFS,
		Resources:      toResources(s.Limits, cpus),
		Init:           &s.Init,
	}
	if s.NoNewPrivileges {
		h.SecurityOpt = []string{"no-new-privileges"}
	}
	for _, m := range s.Mounts {
		if m.Type == engine.MountTmpfs {
			if h.Tmpfs == nil {
				h.Tmpfs = map[string]string{}
			}
			h.Tmpfs[m.Target] = tmpfsOptions(m)
			continue
		}
		h.Mounts = append(h.Mounts, mount.Mount{Type: mount.Type(m.Type), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
	}
	return h
}

// tmpfsOptions are those of docker run --tmpfs. Docker's mounts of type tmpfs are noexec, and have no option against it before
// API 1.46 (https://github.com/moby/moby/issues/35890).
func tmpfsOptions(m engine.Mount) string {
	options := []string{"rw", "exec", "nosuid", "nodev", "mode=1777"}
	if m.ReadOnly {
		options[0] = "ro"
	}
	if m.NoExec {
		options[1] = "noexec"
	}
	if m.Size > 0 {
		options = append(options, fmt.Sprintf("size=%d", m.Size))
	}
	return strings.Join(options, ",")
}

// createError knows what a create refers to: the image, and the sources of binds. Their absence is not the container's.
func (e *Engine) createError(ctx context.Context, doing string, s *engine.ContainerSpec, err error) error {
	if err == nil {
		return nil
	}
	const noSource = "bind source path does not exist: "
	if text := clean(err.Error()); ctx.Err() == nil {
		if _, path, ok := strings.Cut(text, noSource); ok {
			return fail(engine.ErrNotFound, "%s: bind mount source %s does not exist on the engine's machine", doing, path)
		}
		if cerrdefs.IsNotFound(err) && strings.Contains(strings.ToLower(text), "no such image") {
			return fail(engine.ErrImageNotFound, "%s: image %s is not present: pull it first", doing, s.Image)
		}
	}
	return e.translate(ctx, doing, err)
}

// seconds rounds up: a grace is a promise of at least so long.
func seconds(d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return int(math.Ceil(d.Seconds()))
}
