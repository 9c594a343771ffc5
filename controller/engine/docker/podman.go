package docker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// podmanBridge is what podman calls the network that Docker's API calls bridge. It takes both names and answers with this one.
const podmanBridge = "podman"

// podmanSince makes up for podman's reading of a time as a floating-point number, which may come out later than it was.
const podmanSince = time.Microsecond

// Ping is the docker client's, and tells podman from Docker by the same answer.
func (c *connection) Ping(ctx context.Context) (types.Ping, error) {
	resp, err := c.ask(ctx, http.MethodHead, "/_ping", nil)
	if err != nil {
		return c.Client.Ping(ctx) // It knows what there is to say of a failure.
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c.Client.Ping(ctx)
	}
	c.podman = resp.Header.Get("Libpod-Api-Version") != ""
	return types.Ping{APIVersion: resp.Header.Get("Api-Version"), OSType: resp.Header.Get("Ostype")}, nil
}

// isPodman reports whether the engine is podman.
func (e *Engine) isPodman(ctx context.Context) (bool, error) {
	cli, err := e.client(ctx)
	return err == nil && cli.podman, err
}

// recognize asks what the API of podman lacks.
func (c *connection) recognize(ctx context.Context) error {
	if !c.podman {
		return nil
	}
	// What is not there is asked for by a container that is not there: the one answer is JSON, the other one is not.
	resp, err := c.ask(ctx, http.MethodPost, "/v"+c.ClientVersion()+"/containers/dual-reconciler.none/update", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.fixedLimits = resp.StatusCode == http.StatusNotFound && !strings.Contains(resp.Header.Get("Content-Type"), "json") ||
		resp.StatusCode == http.StatusMethodNotAllowed
	return nil
}

func (c *connection) ask(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	u := c.base
	u.Path = strings.TrimSuffix(u.Path, "/") + path
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.http.Do(req)
}

// isolated remembers containers of podman without any network: only an inspection tells whether that was asked for, and it
// is the same for as long as they are there.
type isolated struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (i *isolated) get() map[string]bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ids
}

func (i *isolated) set(ids map[string]bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ids = ids
}

// podmanList puts a list into Docker's words.
func (e *Engine) podmanList(ctx context.Context, containers []engine.Container) error {
	known, now := e.isolated.get(), map[string]bool{}
	for i := range containers {
		c := &containers[i]
		podmanNetworks(c)
		if len(c.Networks) > 0 {
			continue
		}
		none, seen := known[c.ID]
		if !seen {
			inspected, err := e.inspect(ctx, c.ID)
			if errors.Is(err, engine.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			none = inspected.HostConfig.NetworkMode.IsNone()
		}
		now[c.ID] = none
		if none {
			c.Networks = map[string]string{v1alpha1.NetworkNone: ""}
		}
	}
	e.isolated.set(now)
	return e.podmanNetworkIDs(ctx, containers)
}

// podmanNetworkIDs replaces what podman gives for the ids of networks: their names.
func (e *Engine) podmanNetworkIDs(ctx context.Context, containers []engine.Container) error {
	var ids map[string]string
	for i := range containers {
		c := &containers[i]
		c.NetworkIDs = nil
		for name := range c.Networks {
			if name == v1alpha1.NetworkBridge || name == v1alpha1.NetworkNone || name == podmanBridge {
				continue
			}
			if ids == nil {
				var err error
				if ids, err = e.networkIDs(ctx); err != nil {
					return err
				}
			}
			if c.NetworkIDs == nil {
				c.NetworkIDs = map[string]string{}
			}
			c.NetworkIDs[name] = ids[name]
		}
	}
	return nil
}

// networkIDs of all networks, by name.
func (e *Engine) networkIDs(ctx context.Context) (map[string]string, error) {
	list, err := ask(ctx, e, "list networks", func(cli *connection) ([]network.Summary, error) {
		return cli.NetworkList(ctx, network.ListOptions{})
	})
	ids := map[string]string{}
	for _, n := range list {
		ids[n.Name] = n.ID
	}
	return ids, err
}

// unknownUser finds out why podman does not start a command: it says so in an answer that the docker client does not read.
func (e *Engine) unknownUser(ctx context.Context, id, user string) bool {
	who, err := e.identity(ctx, id, user)
	return user != "" && err == nil && who == nil
}

// podmanNetworks gives the default network both of its names: a manifest may have either.
func podmanNetworks(c *engine.Container) {
	if address, ok := c.Networks[podmanBridge]; ok {
		c.Networks[v1alpha1.NetworkBridge] = address
	}
}

// stateOf is a state in Docker's words: podman has finer ones.
func stateOf(s string) engine.State {
	switch s {
	case "configured", "initialized":
		return engine.StateCreated
	case "stopped":
		return engine.StateExited
	case "stopping":
		return engine.StateRunning
	}
	return engine.State(s)
}

// podmanInspection puts an inspection into Docker's words.
func (e *Engine) podmanInspection(ctx context.Context, c *engine.Container, i *container.InspectResponse) error {
	podmanNetworks(c)
	if len(c.Networks) == 0 && i.HostConfig.NetworkMode.IsNone() {
		c.Networks = map[string]string{v1alpha1.NetworkNone: ""}
	}
	list := []engine.Container{*c}
	if err := e.podmanNetworkIDs(ctx, list); err != nil {
		return err
	}
	*c = list[0]
	withInit := i.HostConfig.Init != nil && *i.HostConfig.Init
	if c.State == engine.StateExited && c.Details.ExitCode == 1 && withInit {
		return e.podmanInit(ctx, c)
	}
	return nil
}
