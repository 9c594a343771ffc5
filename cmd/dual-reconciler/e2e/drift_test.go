package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// drift is something done to a container behind the controller's back.
type drift struct {
	name string
	do   func(b *bench, container string)
	// fresh: the cure is another container. restarted: it is the same one, started again.
	fresh, restarted bool
	// cure is the action that heals it, and the only one.
	cure string
}

var drifts = []drift{
	{"stop", func(b *bench, c string) { b.docker("stop", "-t", "0", c) }, false, true, "start"},
	{"kill", func(b *bench, c string) { b.docker("kill", c) }, false, true, "start"},
	{"rm", func(b *bench, c string) { b.docker("rm", "-f", c) }, true, true, "create"},
	{"pause", func(b *bench, c string) { b.docker("pause", c) }, false, false, "unpause"},
	{"rename", func(b *bench, c string) { b.docker("rename", c, c+"-renamed") }, false, false, "rename"},
	{"disconnect", func(b *bench, c string) { b.docker("network", "disconnect", "bridge", c) }, false, false, "connect"},
	{"update", func(b *bench, c string) {
		b.docker("update", "--cpus", "0.25", "--memory", "32m", "--memory-swap", "64m", "--pids-limit", "20", c)
	}, false, false, "update"},
	{"policy", func(b *bench, c string) { b.docker("update", "--restart", "always", c) }, false, false, "update"},
}

// possible leaves out what podman has no call for.
func possible() []drift {
	if onPodman() {
		return slices.DeleteFunc(slices.Clone(drifts), func(d drift) bool { return d.cure == "update" })
	}
	return drifts
}

// network keeps the one that is renamed while it runs off the bridge: Engine 20.10 locks up for good when that happens while
// another container leaves the same network.
func (d drift) network() string {
	if d.name == "rename" {
		return "none"
	}
	return "bridge"
}

// healed says what is still wrong with a workspace.
func (b *bench) healed(d drift, before *inspected) string {
	now := b.Look(d.name)
	switch {
	case now == nil:
		return "no container"
	case !now.State.Running || now.State.Paused:
		return "it is " + now.State.Status
	case d.fresh != (now.ID != before.ID):
		return fmt.Sprintf("another container: %v, want %v", now.ID != before.ID, d.fresh)
	case d.restarted != (now.State.StartedAt != before.State.StartedAt):
		return fmt.Sprintf("started again: %v, want %v", now.State.StartedAt != before.State.StartedAt, d.restarted)
	case d.network() == "bridge" && now.address() == "":
		return "it has no address on its network"
	case now.HostConfig.RestartPolicy.Name != "no" && now.HostConfig.RestartPolicy.Name != "":
		return "the engine restarts it: " + now.HostConfig.RestartPolicy.Name
	}
	return b.kernelLimits(d.name, 1000, 64<<20, 100)
}

// TestDriftHeals does each of them while the controller runs, and then while it does not.
func TestDriftHeals(t *testing.T) {
	b := newBench(t)
	drifts, flags := possible(), quick
	if onPodman() { // It has no event for a network.
		flags = append(slices.Clone(quick), "--resync", "3s")
	}
	for _, d := range drifts {
		b.Write(d.name+".yaml", b.sleeper(d.name, `resources: {limits: {cpu: "1", memory: 64Mi, pids: 100}}`, "network: "+d.network()))
	}
	loop := b.Run(flags...)
	rounds := []string{"while the controller runs", "while it is down", "while it is dead"}
	if onPodman() { // The other two are about the controller.
		rounds = rounds[:1]
	}
	for _, round := range rounds {
		b.Apply(0)
		before := map[string]*inspected{}
		for _, d := range drifts {
			before[d.name] = b.Running(d.name)
		}
		switch round {
		case "while it is down":
			loop.Stop()
		case "while it is dead":
			loop.Kill()
		}
		for _, d := range drifts {
			d.do(b, b.Container(d.name))
		}
		if round != "while the controller runs" {
			loop = b.Run(flags...)
		}
		for _, d := range drifts {
			b.Eventually(d.name+" "+round, func() string { return b.healed(d, before[d.name]) })
		}
		b.Apply(0)
		for _, d := range drifts {
			want := map[string]int{d.cure: 1}
			if d.cure == "create" && round == "while the controller runs" {
				want["create"] = 2
			} else if round == "while the controller runs" {
				want["create"] = 1
			}
			for _, action := range []string{"create", "recreate", "start", "restart", "unpause", "rename", "connect", "update", "remove", "tidy"} {
				if n := loop.Did(action, d.name); n != want[action] {
					t.Errorf("%s %s: %s %d times, want %d", d.name, round, action, n, want[action])
				}
			}
		}
	}
}

// TestUpdateMissedByNobody changes limits by hand while a controller is dead that never had the time to note which events
// it has seen.
func TestUpdateMissedByNobody(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `resources: {limits: {cpu: "1", memory: 64Mi, pids: 100}}`))
	loop := b.Run(quick...)
	b.Apply(0)
	before := b.Running("a")
	loop.Kill()
	b.docker("update", "--cpus", "0.25", b.Container("a"))
	b.Run(quick...)
	b.Eventually("the limits are back", func() string { return b.kernelLimits("a", 1000, 64<<20, 100) })
	b.Same("a", before)
}
