package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"regexp"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func TestSubnets(t *testing.T) {
	e, cli := newEngine(t), raw(t)
	withShared(t)
	inspected, err := cli.NetworkInspect(t.Context(), shared.network, network.InspectOptions{})
	if err != nil || len(inspected.IPAM.Config) == 0 {
		t.Fatalf("%v: %+v", err, inspected.IPAM)
	}
	want := netip.MustParsePrefix(inspected.IPAM.Config[0].Subnet)
	if got, err := e.Subnets(t.Context(), shared.network); err != nil || len(got) == 0 || got[0] != want {
		t.Errorf("Subnets = %v, %v; want %v", got, err, want)
	}
	if got, err := e.Subnets(t.Context(), "none"); err != nil || len(got) != 0 {
		t.Errorf("Subnets of network none = %v, %v", got, err)
	}
	if _, err := e.Subnets(t.Context(), unique()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Subnets of a network that does not exist: %v", err)
	}
}

func TestMemory(t *testing.T) {
	e := newEngine(t)
	small := run(t, e, engine.ContainerSpec{})
	large := run(t, e, engine.ContainerSpec{Command: []string{"sh", "-c", "x=$(head -c 16777216 /dev/zero | tr '\\0' x); echo ready; while :; do sleep 1000; done"}})
	if _, err := e.Run(t.Context(), large, []string{"sh", "-c", `for i in $(seq 200); do grep -q 'VmRSS:.*[0-9]\{5\} kB' /proc/1/status && exit; sleep 0.1; done`}, ""); err != nil {
		t.Fatal(err)
	}
	little, err := e.Memory(t.Context(), small)
	if err != nil || little <= 0 || little > 8<<20 {
		t.Errorf("memory of a sleep: %d, %v", little, err)
	}
	if much, err := e.Memory(t.Context(), large); err != nil || much < 16<<20 || much > 256<<20 {
		t.Errorf("memory of a shell that holds 16 MiB: %d, %v", much, err)
	}
	if n, err := e.Memory(t.Context(), create(t, e, engine.ContainerSpec{})); err == nil {
		t.Errorf("memory of a container that does not run: %d", n)
	}
	if _, err := e.Memory(t.Context(), unique()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("memory of a container that does not exist: %v", err)
	}
}

func TestPublished(t *testing.T) {
	e, cli := newEngine(t), raw(t)
	if ports, err := e.Published(t.Context(), run(t, e, engine.ContainerSpec{})); err != nil || len(ports) != 0 {
		t.Errorf("a container without ports publishes %v, %v", ports, err)
	}
	var spec struct {
		container.Config
		HostConfig container.HostConfig
	}
	if err := json.Unmarshal([]byte(`{"Image": "`+busybox+`", "Cmd": ["sleep", "1000"], "ExposedPorts": {"3000/tcp": {}, "3001/tcp": {}},
		"HostConfig": {"PortBindings": {"3000/tcp": [{"HostIp": "127.0.0.1"}]}}}`), &spec); err != nil {
		t.Fatal(err)
	}
	made, err := cli.ContainerCreate(t.Context(), &spec.Config, &spec.HostConfig, nil, nil, unique())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		_ = cli.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true})
	})
	if err := e.Start(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	ports, err := e.Published(t.Context(), made.ID)
	if err != nil || len(ports) != 1 || !regexp.MustCompile(`^127\.0\.0\.1:[0-9]+->3000/tcp$`).MatchString(ports[0]) {
		t.Errorf("Published = %v, %v", ports, err)
	}
	if _, err := e.Published(t.Context(), unique()); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a container that does not exist: %v", err)
	}
}
