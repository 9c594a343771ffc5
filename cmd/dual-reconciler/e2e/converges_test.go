package e2e

import (
	"testing"
)

// TestNetworkByAnotherName asks for a network by its id, and replaces a network by one of the same name.
func TestNetworkByAnotherName(t *testing.T) {
	b := newBench(t)
	network := b.Name("net")
	id := b.docker("network", "create", network)
	t.Cleanup(func() {
		b.sweep()
		_, _ = b.tryDocker("network", "rm", network)
	})
	b.Write("full.yaml", b.sleeper("full", "network: "+id))
	b.Write("short.yaml", b.sleeper("short", "network: "+id[:12]))
	b.Write("name.yaml", b.sleeper("name", "network: "+network))
	b.Apply(0)
	if r := b.Do("diff"); r.Code != 0 {
		t.Errorf("diff of a converged network: %+v", r)
	}
	if ip := b.Get("full").Status.IP; ip == "" {
		t.Error("no address on a network that is asked for by its id")
	}
	b.Delete("full.yaml")
	b.Delete("short.yaml")
	b.Apply(0)
	before := b.Look("name")
	b.docker("stop", "-t", "1", b.Container("name"))
	b.docker("network", "rm", network)
	b.docker("network", "create", network)
	b.Apply(0)
	if now := b.Look("name"); now.ID != before.ID || !now.State.Running || now.NetworkSettings.Networks[network].IPAddress == "" {
		t.Errorf("after the network was created again: %+v", now)
	}
	b.docker("stop", "-t", "1", b.Container("name"))
	b.docker("network", "rm", network)
	b.Run()
	b.Shows("name", "StartFailed", "network "+network+" does not exist")
}

// TestQuotaByHand changes CPU limits by hand, in a form that the engine keeps apart from a number of CPUs.
func TestQuotaByHand(t *testing.T) {
	for _, cpu := range []string{"4.1", "none"} {
		t.Run(cpu, func(t *testing.T) {
			b := newBench(t)
			limit := `resources: {limits: {cpu: "` + cpu + `"}}`
			if cpu == "none" {
				limit = "restartPolicy: Always"
			}
			b.Write("a.yaml", b.sleeper("a", limit))
			b.Apply(0)
			before := b.Look("a")
			if before.HostConfig.NanoCpus != 0 {
				t.Skip("the engine has more CPUs than the limit, and takes no quota beside it")
			}
			b.docker("update", "--cpu-quota", "30000", "--cpu-period", "100000", b.Container("a"))
			b.Apply(0)
			b.Apply(0)
			if r := b.Do("diff"); r.Code != 0 {
				t.Errorf("diff after the limit was healed: %+v", r)
			}
			if now := b.Look("a"); now.ID != before.ID {
				t.Errorf("container %s, before %s", now.ID, before.ID)
			}
		})
	}
}
