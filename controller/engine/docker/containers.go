package docker

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func instanceFilter(instance string) filters.Args {
	return filters.NewArgs(filters.Arg("label", v1alpha1.LabelInstance+"="+instance))
}

// List is one call, without sizes: on a large engine those cost seconds.
func (e *Engine) List(ctx context.Context, instance string) ([]engine.Container, error) {
	summaries, err := ask(ctx, e, "list containers", func(cli *connection) ([]container.Summary, error) {
		return cli.ContainerList(ctx, container.ListOptions{All: true, Filters: instanceFilter(instance)})
	})
	if err != nil {
		return nil, err
	}
	containers := make([]engine.Container, 0, len(summaries))
	for i := range summaries {
		// The filter asked for the labels as they are stored.
		if c := fromSummary(&summaries[i]); c.Labels[v1alpha1.LabelInstance] == instance {
			containers = append(containers, c)
		}
	}
	if podman, err := e.isPodman(ctx); !podman {
		return containers, err
	}
	return containers, e.podmanList(ctx, containers)
}

// Inspect takes one more call where the engine's number of cores is not known yet, because limits are relative to it.
func (e *Engine) Inspect(ctx context.Context, id string) (engine.Container, error) {
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return engine.Container{}, err
	}
	cpus, err := e.cores(ctx)
	if err != nil {
		return engine.Container{}, err
	}
	c := fromInspection(&inspected, cpus)
	if podman, err := e.isPodman(ctx); !podman {
		return c, err
	}
	err = e.podmanInspection(ctx, &c, &inspected)
	return c, err
}

func (e *Engine) inspect(ctx context.Context, id string) (container.InspectResponse, error) {
	doing := "inspect container " + engine.ShortID(id)
	if id == "" {
		return container.InspectResponse{}, fail(engine.ErrInvalid, "inspect container: no id")
	}
	inspected, err := ask(ctx, e, doing, func(cli *connection) (container.InspectResponse, error) {
		return cli.ContainerInspect(ctx, id)
	})
	if err != nil {
		return inspected, err
	}
	if inspected.ContainerJSONBase == nil || inspected.State == nil || inspected.HostConfig == nil || inspected.Config == nil {
		return inspected, fail(engine.ErrUnavailable, "%s: the engine's answer is incomplete", doing)
	}
	inspected.State.Status = string(stateOf(inspected.State.Status))
	return inspected, nil
}

func fromSummary(s *container.Summary) engine.Container {
	c := engine.Container{
		ID:      s.ID,
		Name:    ownName(s.Names),
		Labels:  engine.OwnLabels(s.Labels),
		State:   stateOf(s.State),
		ImageID: s.ImageID,
		Created: time.Unix(s.Created, 0),
		Volumes: volumes(s.Mounts),
		Binds:   binds(s.Mounts),
		// The engine shows the id in place of a reference that was moved to another image, or removed.
		Untagged: s.Image != "" && strings.HasPrefix(strings.TrimPrefix(s.ImageID, "sha256:"), strings.TrimPrefix(s.Image, "sha256:")),
	}
	if s.NetworkSettings != nil {
		c.Networks, c.NetworkIDs = addresses(s.NetworkSettings.Networks), networkIDs(s.NetworkSettings.Networks)
	}
	return c
}

func fromInspection(i *container.InspectResponse, cpus int) engine.Container {
	c := engine.Container{
		ID:      i.ID,
		Name:    strings.TrimPrefix(i.Name, "/"),
		Labels:  engine.OwnLabels(i.Config.Labels),
		State:   engine.State(i.State.Status),
		ImageID: i.Image,
		Created: parseTime(i.Created),
		Volumes: volumes(i.Mounts),
		Binds:   binds(i.Mounts),
		Details: &engine.Details{
			ExitCode:       i.State.ExitCode,
			PID:            i.State.Pid,
			Error:          clean(i.State.Error),
			OOMKilled:      i.State.OOMKilled,
			StartedAt:      parseTime(i.State.StartedAt),
			FinishedAt:     parseTime(i.State.FinishedAt),
			Env:            i.Config.Env,
			Limits:         fromResources(i.HostConfig.Resources, cpus),
			EngineRestarts: !i.HostConfig.RestartPolicy.IsNone(),
		},
	}
	if i.NetworkSettings != nil {
		c.Networks, c.NetworkIDs = addresses(i.NetworkSettings.Networks), networkIDs(i.NetworkSettings.Networks)
	}
	// The engine takes the end of a very short run from its runtime, and the start from later on in its own code.
	if d := c.Details; c.State == engine.StateExited && d.FinishedAt.Before(d.StartedAt) {
		d.FinishedAt = d.StartedAt
	}
	return c
}

// ownName picks the container's name among its links' aliases, which carry the other container's name before a slash.
func ownName(names []string) string {
	for _, name := range names {
		if name = strings.TrimPrefix(name, "/"); !strings.Contains(name, "/") {
			return name
		}
	}
	return ""
}

func volumes(mounts []container.MountPoint) []engine.MountedVolume {
	var vs []engine.MountedVolume
	for _, m := range mounts {
		if m.Type == mount.TypeVolume {
			vs = append(vs, engine.MountedVolume{Name: m.Name, Target: path.Clean(m.Destination)})
		}
	}
	return vs
}

func binds(mounts []container.MountPoint) []engine.Bind {
	var bs []engine.Bind
	for _, m := range mounts {
		if m.Type == mount.TypeBind {
			bs = append(bs, engine.Bind{Source: path.Clean(m.Source), Target: path.Clean(m.Destination), ReadOnly: !m.RW})
		}
	}
	return bs
}

func addresses(networks map[string]*network.EndpointSettings) map[string]string {
	ips := make(map[string]string, len(networks))
	for name, endpoint := range networks {
		ips[name] = ""
		if endpoint == nil {
			continue
		}
		if ips[name] = endpoint.IPAddress; ips[name] == "" {
			ips[name] = endpoint.GlobalIPv6Address
		}
	}
	return ips
}

// networkIDs leaves out networks whose id the engine does not tell, as of containers that never ran.
func networkIDs(networks map[string]*network.EndpointSettings) map[string]string {
	var ids map[string]string
	for name, endpoint := range networks {
		if endpoint == nil || endpoint.NetworkID == "" {
			continue
		}
		if ids == nil {
			ids = map[string]string{}
		}
		ids[name] = endpoint.NetworkID
	}
	return ids
}

// parseTime returns the zero time for Docker's year 1.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
