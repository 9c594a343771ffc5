package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// cgroup reads a limit as the kernel enforces it, under either version of cgroups.
func (b *bench) cgroup(short, v1, v2 string) string {
	b.Helper()
	return b.Inside(short, "sh", "-c", "cat /sys/fs/cgroup/"+v1+" 2>/dev/null || cat /sys/fs/cgroup/"+v2)
}

// limits are the CPU in cores, the memory in bytes and the PIDs that the kernel grants; "" for no limit.
func (b *bench) limits(short string) (cpu, memory, pids string) {
	b.Helper()
	quota := b.cgroup(short, "cpu/cpu.cfs_quota_us", "cpu.max")
	if fields := strings.Fields(quota); len(fields) == 2 {
		quota = fields[0]
	}
	// No engine takes a CPU quota away from a running container: one of all cores limits nothing.
	if n, err := strconv.ParseFloat(quota, 64); err == nil && n > 0 && n < 100_000*b.cores() {
		cpu = strconv.FormatFloat(n/100_000, 'f', -1, 64)
	}
	memory = b.cgroup(short, "memory/memory.limit_in_bytes", "memory.max")
	if n, err := strconv.ParseInt(memory, 10, 64); err != nil || n >= 1<<60 {
		memory = ""
	}
	if pids = b.cgroup(short, "pids/pids.max", "pids.max"); pids == "max" {
		pids = ""
	}
	return cpu, memory, pids
}

// cores is how many the engine has.
func (b *bench) cores() float64 {
	b.Helper()
	n, err := strconv.ParseFloat(b.docker("info", "--format", "{{.NCPU}}"), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func TestResources(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `resources: {limits: {cpu: 500m, memory: 64Mi, pids: 50}}`))
	b.Write("free.yaml", b.sleeper("free"))
	b.Write("crowd.yaml", b.sleeper("crowd", `resources: {limits: {pids: 50}}`))
	b.Run()
	before := b.settled("a")
	b.settled("crowd")
	b.settled("free")
	want := func(short, cpu, memory, pids string) {
		t.Helper()
		b.Eventually("limits of "+short, func() string {
			c, m, p := b.limits(short)
			if c != cpu || m != memory || p != pids {
				return "cpu " + c + ", memory " + m + ", pids " + p
			}
			return ""
		})
	}
	want("free", "", "", "")
	want("a", "0.5", "67108864", "50")
	if _, err := b.tryInside("crowd", "sh", "-c", "for i in $(seq 100); do sleep 5 & done; wait"); err == nil {
		t.Error("100 processes run under a limit of 50")
	}
	b.Write("a.yaml", b.sleeper("a", `resources: {limits: {cpu: 600m, memory: 128Mi, pids: 60}}`))
	want("a", "0.6", "134217728", "60")
	b.docker("update", "--memory", "256m", "--memory-swap", "512m", b.Container("a"))
	want("a", "0.6", "134217728", "60")
	b.Write("a.yaml", b.sleeper("a"))
	want("a", "", "", "")
	b.Says("a", "Running")
	if wrong := b.unchanged("a", before); wrong != "" {
		t.Errorf("limits change in place: %s", wrong)
	}
}

func TestNetworks(t *testing.T) {
	b := newBench(t)
	network := b.Name("net")
	b.docker("network", "create", network)
	t.Cleanup(func() {
		b.sweep() // A network in use cannot be removed.
		if out, err := b.tryDocker("network", "rm", network); err != nil {
			t.Errorf("clean up: %s", out)
		}
	})
	b.Write("bridge.yaml", b.sleeper("bridge"))
	b.Write("none.yaml", b.sleeper("none", "network: none"))
	b.Write("own1.yaml", b.sleeper("own1", "network: "+network))
	b.Write("own2.yaml", b.sleeper("own2", "network: "+network))
	b.Write("absent.yaml", b.sleeper("absent", "network: "+b.Name("nowhere")))
	r := b.Apply(1)
	b.wantWords("apply", r.Stdout, b.Name("absent")+"\tCreateFailed", b.Name("nowhere"))
	if got := b.Inside("none", "ls", "/sys/class/net"); got != "lo" {
		t.Errorf("network none has the interfaces %q", got)
	}
	if got := b.Inside("bridge", "ls", "/sys/class/net"); !strings.Contains(got, "eth0") {
		t.Errorf("network bridge has the interfaces %q", got)
	}
	if ip := b.Shown("bridge").Status.IP; ip == "" || ip != b.Running("bridge").address() {
		t.Errorf("IP %q", ip)
	}
	if ip := b.Shown("none").Status.IP; ip != "" {
		t.Errorf("network none, and IP %q", ip)
	}
	b.Inside("own1", "ping", "-c", "1", "-W", "5", b.Container("own2"))
	for _, short := range []string{"bridge", "none", "own1", "own2"} {
		if ports := b.docker("port", b.Container(short)); ports != "" {
			t.Errorf("%s publishes %s", short, ports)
		}
	}

	b.docker("network", "disconnect", network, b.Container("own1"))
	before := b.Running("own1")
	b.Apply(1)
	if wrong := b.unchanged("own1", before); wrong != "" {
		t.Errorf("connecting again: %s", wrong)
	}
	b.Inside("own1", "ping", "-c", "1", "-W", "5", b.Container("own2"))
}
