package docker_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/docker"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

func TestContract(t *testing.T) {
	enginetest.Contract(t, func(t *testing.T) enginetest.Harness {
		e, cli := newEngine(t), raw(t)
		withShared(t)
		socket := "unix://" + t.TempDir() + "/away.sock"
		away, err := docker.New(docker.Options{Host: socket})
		if err != nil {
			t.Fatal(err)
		}
		return enginetest.Harness{
			Engine: e, Run: suite.Name, Image: busybox, VolumeImage: shared.volumeImage, Network: shared.network,
			Pause: cli.ContainerPause,
			Kill:  func(ctx context.Context, id string) error { return cli.ContainerKill(ctx, id, "KILL") },
			Destroy: func(ctx context.Context, id string) error {
				return cli.ContainerRemove(ctx, id, container.RemoveOptions{Force: true})
			},
			Disconnect: func(ctx context.Context, id, network string) error {
				return cli.NetworkDisconnect(ctx, network, id, false)
			},
			Limits:      func(t testing.TB, id string) engine.Limits { return enforced(t, e, id) },
			Unreachable: away, Address: socket,
			Podman: podman(t, cli),
		}
	})
}

// podman says whether the engine is podman, asked otherwise than the adapter does.
func podman(t *testing.T, cli *client.Client) bool {
	t.Helper()
	version, err := cli.ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(version.Components, func(c types.ComponentVersion) bool { return c.Name == "Podman Engine" })
}

// inside runs a command in a container and returns its output without the last newline.
func inside(t testing.TB, e engine.Engine, id string, command ...string) string {
	t.Helper()
	result, err := e.Run(t.Context(), id, command, "")
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 0 {
		t.Fatalf("%v in the container: exit code %d: %s", command, result.ExitCode, result.Output)
	}
	return strings.TrimSuffix(result.Output, "\n")
}

// enforced are the limits of the container's cgroup, of either version, seen from within.
func enforced(t testing.TB, e engine.Engine, id string) engine.Limits {
	t.Helper()
	const script = `cd /sys/fs/cgroup
if [ -e memory.max ]; then cat memory.max cpu.max pids.max
else cat memory/memory.limit_in_bytes; echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us); cat pids/pids.max; fi`
	f := strings.Fields(inside(t, e, id, "sh", "-c", script))
	if len(f) != 4 {
		t.Fatalf("limits in the container's cgroup: %q", f)
	}
	info, err := e.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	memory, quota, period, pids := number(t, f[0]), number(t, f[1]), number(t, f[2]), number(t, f[3])
	l := engine.Limits{PIDs: pids}
	// The kernel's own word for no limit is a number near 2^63 on cgroup v1.
	if memory < 1<<60 {
		l.Memory = memory
	}
	if quota > 0 && quota < int64(info.CPUs)*period {
		l.CPU = quota * 1e9 / period
	}
	return l
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	if s == "max" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
