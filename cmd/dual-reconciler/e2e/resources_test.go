package e2e

import (
	"fmt"
	"testing"
)

// cgroup reads the limits as the kernel enforces them, from inside, whichever version of cgroups it is.
const cgroup = `cd /sys/fs/cgroup
echo mem=$(cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes)
echo cpu=$(cat cpu.max 2>/dev/null || echo $(cat cpu/cpu.cfs_quota_us) $(cat cpu/cpu.cfs_period_us))
echo pids=$(cat pids.max 2>/dev/null || cat pids/pids.max)`

// kernelLimits says what differs from what the kernel should enforce; zero stands for no limit.
func (b *bench) kernelLimits(short string, milliCPU, memory, pids int64) string {
	b.Helper()
	out, err := b.tryInside(short, "sh", "-c", cgroup)
	if err != nil {
		return out
	}
	var mem, quota, tasks string
	var period int64
	if _, err := fmt.Sscanf(out, "mem=%s\ncpu=%s %d\npids=%s", &mem, &quota, &period, &tasks); err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	for _, limit := range []struct {
		name, is string
		want     int64
	}{{"memory", mem, memory}, {"cpu quota", quota, milliCPU * period / 1000}, {"pids", tasks, pids}} {
		var n int64
		_, err := fmt.Sscan(limit.is, &n)
		// No limit is max, -1, all cores, or a number that no machine has.
		free := err != nil || n < 0 || limit.name == "memory" && n > 1<<59 || limit.name == "cpu quota" && n >= 2*period
		if free != (limit.want == 0) || !free && n != limit.want {
			return fmt.Sprintf("%s is %s, want %d", limit.name, limit.is, limit.want)
		}
	}
	return ""
}

// TestResourcesInPlace changes all three limits in all directions under one process.
func TestResourcesInPlace(t *testing.T) {
	b := newBench(t)
	limits := func(text string) string { return b.sleeper("a", "resources: {limits: {"+text+"}}") }
	b.Write("a.yaml", b.sleeper("a"))
	loop := b.Run(quick...)
	before := b.Running("a")
	const mb = 1 << 20
	for _, step := range []struct {
		name, manifest         string
		milliCPU, memory, pids int64
	}{
		{"set", limits(`cpu: 500m, memory: 64Mi, pids: 100`), 500, 64 * mb, 100},
		{"raised", limits(`cpu: "1", memory: 256Mi, pids: 200`), 1000, 256 * mb, 200},
		{"lowered", limits(`cpu: 250m, memory: 32Mi, pids: 50`), 250, 32 * mb, 50},
		{"one removed", limits(`cpu: 250m, pids: 50`), 250, 0, 50},
		{"set again", limits(`cpu: 300m, memory: 48Mi, pids: 50`), 300, 48 * mb, 50},
		{"all removed", b.sleeper("a"), 0, 0, 0},
	} {
		b.Write("a.yaml", step.manifest)
		b.Eventually(step.name, func() string { return b.kernelLimits("a", step.milliCPU, step.memory, step.pids) })
		b.Same("a", before)
	}
	b.Shows("a", "Running")
	loop.Expect(6, "update", "a")
	loop.Expect(0, "recreate", "a")

	// The container's label still has the spec that it was made from: a new controller must not go by it.
	b.Write("a.yaml", limits(`memory: 48Mi`))
	b.Eventually("set once more", func() string { return b.kernelLimits("a", 0, 48*mb, 0) })
	b.Shows("a", "Running")
	loop.Stop()
	p := b.Proxy()
	b.Run(quick...)
	b.Apply(0)
	if calls := mutating(p.Calls()); len(calls) > 0 {
		t.Errorf("the next controller made %v", calls)
	}
	b.Same("a", before)
}
