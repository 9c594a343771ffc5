package docker

import (
	"context"
	"regexp"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Connect attaches a container to a network.
func (e *Engine) Connect(ctx context.Context, id, name string) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	err = cli.NetworkConnect(ctx, name, id, nil)
	if err != nil && ctx.Err() == nil && alreadyAttached(err.Error()) {
		return nil
	}
	return e.translate(ctx, "connect container "+engine.ShortID(id)+" to network "+name, err)
}

func alreadyAttached(text string) bool {
	return strings.Contains(text, "already exists in network") || strings.Contains(text, "is already connected to network")
}

func notAttached(err error) bool {
	text := clean(err.Error())
	return strings.Contains(text, "is not connected to ") ||
		(cerrdefs.IsNotFound(err) && (strings.HasPrefix(text, "network ") || strings.HasSuffix(text, "network not found")))
}

// checkNetwork finds a network that does not exist before the container is made: engines notice at the start only, when
// the old container of a replacement is down already.
func (e *Engine) checkNetwork(ctx context.Context, name string) error {
	switch {
	case name == networkBridge, name == networkNone:
		return nil
	case name == "host", strings.HasPrefix(name, "container:"):
		return fail(engine.ErrInvalid, "use network %s: a workspace has a network namespace of its own", name)
	}
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	_, err = cli.NetworkInspect(ctx, name, network.InspectOptions{})
	if cerrdefs.IsNotFound(err) && ctx.Err() == nil {
		return fail(engine.ErrNotFound, "network %s does not exist: create it with `docker network create %s`", name, name)
	}
	return e.translate(ctx, "inspect network "+name, err)
}

var goneNetworkMessage = regexp.MustCompile(`network ([0-9a-f]{12,64}) not found`)

// goneNetwork is the id of a network that does not exist any more and that a start needs; empty where the error is another one.
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

// reattach attaches a container that does not run to the network that has the name of one which is gone: a container refers to
// networks by id, so that it does not find one that was removed and created again.
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
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	// Forced, because the engine cannot ask a network that is gone.
	if err := cli.NetworkDisconnect(ctx, name, id, true); err != nil && !notAttached(err) {
		return e.translate(ctx, "disconnect from network "+name, err)
	}
	return e.Connect(ctx, id, name)
}
