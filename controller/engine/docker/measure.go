package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

var _ engine.Measurer = (*Engine)(nil)

// Subnets leaves out what an engine writes there that is no prefix.
func (e *Engine) Subnets(ctx context.Context, name string) ([]netip.Prefix, error) {
	cli, err := e.client(ctx)
	if err != nil {
		return nil, err
	}
	inspected, err := cli.NetworkInspect(ctx, name, network.InspectOptions{})
	if err != nil {
		return nil, e.translate(ctx, "inspect network "+name, err)
	}
	var subnets []netip.Prefix
	for _, c := range inspected.IPAM.Config {
		if p, err := netip.ParsePrefix(c.Subnet); err == nil {
			subnets = append(subnets, p)
		}
	}
	return subnets, nil
}

// Memory asks for one sample: without that the engine takes a second one a second later, for the CPU's sake.
func (e *Engine) Memory(ctx context.Context, id string) (int64, error) {
	doing := "measure container " + engine.ShortID(id)
	cli, err := e.client(ctx)
	if err != nil {
		return 0, err
	}
	resp, err := cli.ContainerStatsOneShot(ctx, id)
	if err != nil {
		return 0, e.translate(ctx, doing, err)
	}
	defer resp.Body.Close()
	var sample container.StatsResponse
	if err := json.NewDecoder(resp.Body).Decode(&sample); err != nil {
		return 0, e.translate(ctx, doing, err)
	}
	if sample.MemoryStats.Usage == 0 {
		// Engines answer so for a container that does not run.
		return 0, fail(nil, "%s: the engine does not tell its memory", doing)
	}
	return used(sample.MemoryStats), nil
}

// used leaves out what docker stats leaves out. The key is the first one of cgroup version 1, the second of version 2.
func used(m container.MemoryStats) int64 {
	for _, key := range []string{"total_inactive_file", "inactive_file"} {
		if cache, ok := m.Stats[key]; ok && cache < m.Usage {
			return int64(m.Usage - cache)
		}
	}
	return int64(m.Usage)
}

// Published believes the running container's port map, not what its creation asked for.
func (e *Engine) Published(ctx context.Context, id string) ([]string, error) {
	inspected, err := e.inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	var ports []string
	if inspected.NetworkSettings == nil {
		return nil, nil
	}
	for port, bindings := range inspected.NetworkSettings.Ports {
		for _, b := range bindings {
			ports = append(ports, fmt.Sprintf("%s->%s", net.JoinHostPort(b.HostIP, b.HostPort), port))
		}
	}
	slices.Sort(ports)
	return ports, nil
}
