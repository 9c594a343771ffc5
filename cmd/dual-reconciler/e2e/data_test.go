package e2e

import (
	"slices"
	"strings"
	"testing"
)

// volumes are the names of this test's volumes.
func (b *bench) volumes() []string {
	b.Helper()
	return strings.Fields(b.docker("volume", "ls", "-q", "--filter", "name="+b.Prefix))
}

func (b *bench) wantVolumes(when string, short ...string) {
	b.Helper()
	var want []string
	for _, s := range short {
		want = append(want, b.Name(s))
	}
	got := b.volumes()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		b.Errorf("%s: volumes %v, want %v", when, got, want)
	}
}

// dropVolumes removes this test's volumes at its end.
func (b *bench) dropVolumes() {
	b.Cleanup(func() {
		b.sweep()
		for _, v := range b.volumes() {
			_, _ = b.tryDocker("volume", "rm", "-f", v)
		}
	})
}

// TestSpellingOfATarget mounts a volume that was there before at a path that is not written in its shortest form.
func TestSpellingOfATarget(t *testing.T) {
	b := newBench(t)
	b.dropVolumes()
	b.docker("volume", "create", b.Name("precious"))
	mount := func(target string) string {
		return "mounts: [{type: volume, name: " + b.Name("precious") + ", target: " + target + "}]"
	}
	b.Write("a.yaml", b.sleeper("a", mount("/srv//data")))
	b.Write("z.yaml", b.sleeper("z"))
	b.Apply(0)
	b.Inside("a", "sh", "-c", "echo kept >/srv/data/file")
	first := b.Look("a")
	for _, target := range []string{"/srv/data/", "/srv/./data", "/srv/x/../data"} {
		b.Write("a.yaml", b.sleeper("a", mount(target)))
		b.Apply(0)
		b.Same("a", first)
	}
	b.Write("a.yaml", b.sleeper("a", mount("/srv/data//."), "env: [{name: A, value: b}]"))
	b.Apply(0)
	b.Replaced("a", first)
	if got := b.Inside("a", "cat", "/srv/data/file"); got != "kept" {
		t.Errorf("after an edit the file holds %q", got)
	}
	b.Delete("a.yaml")
	b.Apply(0)
	b.Gone("a")
	b.wantVolumes("after the removal", "precious")
	if r := b.Do("validate"); r.Code != 0 {
		t.Errorf("validate: %+v", r)
	}
	b.Write("a.yaml", b.sleeper("a", "mounts: [{type: volume, name: v1, target: /srv//data}, {type: tmpfs, target: /srv/data/.}]"))
	if r := b.Do("validate"); r.Code != 1 || !strings.Contains(r.Stderr+r.Stdout, "is already the target of") {
		t.Errorf("two mounts of one path: %+v", r)
	}
}

// TestVolumeThatAnotherManifestNames renames a workspace whose volumes are to be deleted, and lets another one wait for its source.
func TestVolumeThatAnotherManifestNames(t *testing.T) {
	b := newBench(t)
	b.dropVolumes()
	mounts := func(names ...string) string {
		var out []string
		for _, n := range names {
			out = append(out, "{type: volume, name: "+b.Name(n)+", target: /"+n+"}")
		}
		return "mounts: [" + strings.Join(out, ", ") + "]"
	}
	b.Write("a.yaml", b.sleeper("a", "volumeReclaimPolicy: Delete", mounts("renamed", "waiting", "own")))
	b.Write("c.yaml", b.sleeper("c", "source: {path: ./absent}", mounts("waiting")))
	b.Write("z.yaml", b.sleeper("z"))
	b.Run(quick...)
	b.Running("a")
	b.Shows("c", "SourceNotFound")
	b.Write("b.yaml", b.sleeper("b", mounts("renamed")))
	b.Delete("a.yaml")
	b.Running("b")
	b.Gone("a")
	b.Eventually("the removal is over", func() string {
		if out := b.Do("events").Stdout; !strings.Contains(out, "removed volumes "+b.Name("own")) {
			return out
		}
		return ""
	})
	b.wantVolumes("after the rename", "renamed", "waiting")
	events := b.Do("events").Stdout
	b.wantWords("events", events, "removes volumes "+b.Name("own"), "removed volumes "+b.Name("own"))
	if strings.Contains(events, "removed volumes "+b.Name("renamed")) || strings.Contains(events, b.Name("waiting")) {
		t.Errorf("events name volumes that stay:\n%s", events)
	}
}

// TestManifestIsBackInTheGracePeriod brings a manifest back while its container is being stopped.
func TestManifestIsBackInTheGracePeriod(t *testing.T) {
	b := newBench(t)
	b.dropVolumes()
	// The process ends only when the test lets it.
	manifest := b.manifest("a", "image: busybox", "init: false", "terminationGracePeriodSeconds: 300", "volumeReclaimPolicy: Delete",
		"mounts: [{type: volume, name: "+b.Name("data")+", target: /data}]",
		`command: ["sh", "-c", "trap 'touch /data/stopping' TERM; rm -f /data/end /data/stopping; while [ ! -e /data/end ]; do sleep 0.1; done"]`)
	b.Write("a.yaml", manifest)
	b.Write("z.yaml", b.sleeper("z"))
	b.Run(quick...)
	before := b.Running("a")
	b.Delete("a.yaml")
	b.Eventually("the container is being stopped", func() string {
		out, err := b.tryInside("a", "ls", "/data/stopping")
		if err != nil {
			return out
		}
		return ""
	})
	b.Write("a.yaml", manifest)
	// A fault in a manifest is an event as soon as the directory was read.
	b.Write("bad.yaml", b.manifest("bad", "imgae: busybox"))
	b.Eventually("the manifest is read again", func() string {
		if out := b.Do("events").Stdout; !strings.Contains(out, "imgae") {
			return out
		}
		return ""
	})
	b.letEnd(b.Container("a"), "/data/end")
	b.Until("a", "runs again", func(now *inspected) string {
		if now.State.Running && now.State.StartedAt != before.State.StartedAt {
			return ""
		}
		return now.State.Status
	})
	if now := b.Look("a"); now.ID != before.ID {
		t.Errorf("container %s, before %s", now.ID, before.ID)
	}
	b.wantVolumes("after the manifest is back", "data")
}

// TestMountedByHand runs a workspace's container again by hand with one volume more.
func TestMountedByHand(t *testing.T) {
	b := newBench(t)
	b.dropVolumes()
	b.Write("a.yaml", b.sleeper("a", "volumeReclaimPolicy: Delete"))
	b.Write("z.yaml", b.sleeper("z"))
	b.Apply(0)
	args := []string{"run", "-d", "--name", b.Container("a"), "--init", "-v", b.Name("extra") + ":/extra"}
	for k, v := range b.Look("a").Config.Labels {
		args = append(args, "--label", k+"="+v)
	}
	b.docker("rm", "-f", b.Container("a"))
	b.docker(append(args, "busybox", "sleep", "1000000")...)
	r := b.Do("diff")
	b.wantWords("diff", r.Stdout, "volume "+b.Name("extra")+" is mounted at /extra, and nothing asks for it")
	b.Delete("a.yaml")
	b.Apply(0)
	b.Gone("a")
	b.wantVolumes("after the removal", "extra")
}

// TestFailedReplacementLeavesNoVolume fails to start containers of an image that declares a volume.
func TestFailedReplacementLeavesNoVolume(t *testing.T) {
	b := newBench(t)
	image := b.volumeImage()
	b.Write("a.yaml", b.sleeper("a", "init: false"))
	b.Apply(0)
	before := b.Look("a")
	p := b.Proxy()
	created := ""
	p.Hook(func(call string) {
		if strings.HasSuffix(call, "/start") && created == "" {
			if c := b.look(b.Container("a")); c != nil && c.ID != before.ID && len(c.Mounts) == 1 {
				created = c.Mounts[0].Name
			}
		}
	}, nil)
	b.Write("a.yaml", b.manifest("a", "image: "+image, "init: false", `command: ["nosuch"]`, "terminationGracePeriodSeconds: 1"))
	b.Apply(1)
	p.Hook(nil, nil)
	if now := b.Look("a"); now.ID != before.ID {
		t.Fatalf("container %s, before %s", now.ID, before.ID)
	}
	if created == "" {
		t.Fatal("the new container's anonymous volume was not seen")
	}
	if out, err := b.tryDocker("volume", "inspect", created); err == nil {
		t.Errorf("the failed replacement left a volume: %s", out)
	}
}
