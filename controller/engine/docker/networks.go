package docker

import (
	"context"
	"regexp"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Connect attaches a container to a network.
func (e *Engine) Connect(ctx context.Context, id, name string) error {
	return e.call(ctx, "connect container "+engine.ShortID(id)+" to network "+name, func(cli *connection) error {
		err := cli.NetworkConnect(ctx, name, id, nil)
		if err != nil && ctx.Err() == nil && alreadyAttached(err.Error()) {
			return nil
		}
		return err
	})
}

func alreadyAttached(text string) bool {
	return strings.Contains(text, "already exists in network") || strings.Contains(text, "is already connected to network")
}

func notAttached(err error) bool {
	text := clean(err.Error())
	return strings.Contains(text, "is not connected to ") ||
		(cerrdefs.IsNotFound(err) && (strings.HasPrefix(text, "network ") || strings.HasSuffix(text, "network not found")))
}

// checkNetwork finds out before the creation of a container that its network does not exist. Engines notice only at the start,
// when a replacement has already stopped the previous container.
func (e *Engine) checkNetwork(ctx context.Context, name string) error {
	switch {
	case name == v1alpha1.NetworkBridge, name == v1alpha1.NetworkNone:
		return nil
	case name == "host", strings.HasPrefix(name, "container:"):
		return fail(engine.ErrInvalid, "use network %s: a workspace has a network namespace of its own", name)
	}
	return e.call(ctx, "inspect network "+name, func(cli *connection) error {
		_, err := cli.NetworkInspect(ctx, name, network.InspectOptions{})
		if cerrdefs.IsNotFound(err) && ctx.Err() == nil {
			return fail(engine.ErrNotFound, "network %s does not exist: create it with `docker network create %s`", name, name)
		}
		return err
	})
}

var goneNetworkMessage = regexp.MustCompile(`network ([0-9a-f]{12,64}) not found`)

// goneNetwork returns the id of the removed network that a start failed for; empty if it failed for another reason.
func goneNetwork(err error) string {
	if err == nil {
		return ""
	}
	m := goneNetworkMessage.FindStringSubmatch(clean(err.Error()))
	if m == nil {
		return ""
	}
	return m[1]
}

// reattach attaches a stopped container to the network that now has the name of a removed one: containers refer to networks by
// id, so that they do not find a network that was removed and created again.
func (e *Engine) reattach(ctx context.Context, id, gone string) error {
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return err
	}
	name := inspected.HostConfig.NetworkMode.NetworkName()
	if inspected.NetworkSettings != nil {
		for n, endpoint := range inspected.NetworkSettings.Networks {
			if endpoint != nil && strings.HasPrefix(endpoint.NetworkID, gone) {
				name = n
			}
		}
	}
	if err := e.checkNetwork(ctx, name); err != nil {
		return err
	}
	err = e.call(ctx, "disconnect from network "+name, func(cli *connection) error {
		// Forced, because the engine cannot ask a network that was removed.
		if err := cli.NetworkDisconnect(ctx, name, id, true); err != nil && !notAttached(err) {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.Connect(ctx, id, name)
}
