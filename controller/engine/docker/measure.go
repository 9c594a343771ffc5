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

// Subnets returns the subnets of a network; ErrNotFound if it does not exist. Entries that are no prefix are left out.
func (e *Engine) Subnets(ctx context.Context, name string) ([]netip.Prefix, error) {
	inspected, err := ask(ctx, e, "inspect network "+name, func(cli *connection) (network.Inspect, error) {
		return cli.NetworkInspect(ctx, name, network.InspectOptions{})
	})
	if err != nil {
		return nil, err
	}
	var subnets []netip.Prefix
	for _, c := range inspected.IPAM.Config {
		if p, err := netip.ParsePrefix(c.Subnet); err == nil {
			subnets = append(subnets, p)
		}
	}
	return subnets, nil
}

// Memory returns the bytes that a running container uses, without the page cache that the kernel can reclaim. It asks for one
// sample: otherwise the engine takes another one a second later, in order to calculate the CPU usage.
func (e *Engine) Memory(ctx context.Context, id string) (int64, error) {
	doing := "measure container " + engine.ShortID(id)
	sample, err := ask(ctx, e, doing, func(cli *connection) (sample container.StatsResponse, err error) {
		resp, err := cli.ContainerStatsOneShot(ctx, id)
		if err != nil {
			return sample, err
		}
		defer resp.Body.Close()
		err = json.NewDecoder(resp.Body).Decode(&sample)
		return sample, err
	})
	if err != nil {
		return 0, err
	}
	if sample.MemoryStats.Usage == 0 {
		// This is how engines answer for a container that does not run.
		return 0, fail(nil, "%s: the engine does not report its memory", doing)
	}
	return used(sample.MemoryStats), nil
}

// used subtracts what docker stats subtracts. The first key is of cgroup version 1, the second of version 2.
func used(m container.MemoryStats) int64 {
	for _, key := range []string{"total_inactive_file", "inactive_file"} {
		if cache, ok := m.Stats[key]; ok && cache < m.Usage {
			return int64(m.Usage - cache)
		}
	}
	return int64(m.Usage)
}

// Published returns the container's ports that the engine forwards from its host's addresses, such as 0.0.0.0:8080->3000/tcp,
// sorted. They are those of the running container, whatever its creation asked for.
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
