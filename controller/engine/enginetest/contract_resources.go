package enginetest

import (
	"context"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

const mib = 1 << 20

// limits asserts the limits as observed, and as enforced where the container runs.
func (s *suite) limits(id string, want engine.Limits, when string) {
	s.Helper()
	c := s.inspect(id)
	if diff := cmp.Diff(want, c.Details.Limits); diff != "" {
		s.Errorf("observed limits %s (-want +got):\n%s", when, diff)
	}
	if s.Limits == nil || c.State != engine.StateRunning {
		return
	}
	if diff := cmp.Diff(want, s.Limits(s, id)); diff != "" {
		s.Errorf("enforced limits %s (-want +got):\n%s", when, diff)
	}
}

// steps of a life with limits: each follows on the one before.
var limitSteps = []struct {
	when   string
	limits engine.Limits
}{
	{"set", engine.Limits{CPU: 5e8, Memory: 64 * mib, PIDs: 100}},
	{"raised", engine.Limits{CPU: 8e8, Memory: 512 * mib, PIDs: 1000}},
	{"lowered", engine.Limits{CPU: 2e8, Memory: 48 * mib, PIDs: 50}},
	{"without cpu", engine.Limits{Memory: 48 * mib, PIDs: 50}},
	{"without memory", engine.Limits{CPU: 5e8, PIDs: 50}},
	{"without pids", engine.Limits{CPU: 5e8, Memory: 64 * mib}},
	{"removed", engine.Limits{}},
	{"removed again", engine.Limits{}},
	{"set again", engine.Limits{CPU: 5e8, Memory: 64 * mib, PIDs: 100}},
}

func testLimits(s *suite) {
	spec := s.spec("limits", forever)
	spec.Limits = engine.Limits{CPU: 3e8, Memory: 96 * mib, PIDs: 64}
	id := s.running(spec)
	s.limits(id, spec.Limits, "created")
	s.needsUpdate()
	for _, step := range limitSteps {
		s.must(s.Engine.Update(s.ctx, id, step.limits))
		s.limits(id, step.limits, step.when)
		if s.inspect(id).Details.EngineRestarts {
			s.Error("the engine would restart the container")
		}
	}
	s.must(s.Engine.Update(s.ctx, id, engine.Limits{}))
	s.restart(id)
	s.limits(id, engine.Limits{}, "removed, after a restart")
}

func testLimitsStopped(s *suite) {
	id := s.create(s.spec("limits-stopped", forever))
	s.limits(id, engine.Limits{}, "never set")
	s.needsUpdate()
	for _, step := range limitSteps {
		s.must(s.Engine.Update(s.ctx, id, step.limits))
		s.limits(id, step.limits, step.when)
	}
	want := limitSteps[len(limitSteps)-1].limits
	s.must(s.Engine.Start(s.ctx, id))
	s.limits(id, want, "after the start")
	s.restart(id)
	s.limits(id, want, "after a restart")
}

func testLimitsCapped(s *suite) {
	info, err := s.Engine.Info(s.ctx)
	s.must(err)
	spec := s.spec("limits-capped", forever)
	spec.Limits.CPU = int64(info.CPUs+1) * 1e9
	id := s.running(spec)
	s.limits(id, engine.Limits{}, "above all cores")
	s.needsUpdate()
	s.must(s.Engine.Update(s.ctx, id, engine.Limits{CPU: 5e8}))
	s.must(s.Engine.Update(s.ctx, id, spec.Limits))
	s.limits(id, engine.Limits{}, "updated above all cores")
}

// needsUpdate ends a test whose rest is about limits that change, where the engine cannot.
func (s *suite) needsUpdate() {
	s.Helper()
	if s.fixedLimits() {
		s.Skip("the engine cannot change the limits of a container: there is nothing more to see")
	}
}

func (s *suite) fixedLimits() bool {
	s.Helper()
	info, err := s.Engine.Info(s.ctx)
	s.must(err)
	return info.FixedLimits
}

// testLimitsFixed: what the engine cannot do is an error of its own, and not a container that is not there.
func testLimitsFixed(s *suite) {
	if !s.fixedLimits() {
		s.Skip("the engine changes limits in place")
	}
	id := s.create(s.spec("limits-fixed", forever))
	s.is(s.Engine.Update(s.ctx, id, engine.Limits{PIDs: 100}), engine.ErrInvalid, "cannot change the limits")
}

func (s *suite) restart(id string) {
	s.Helper()
	s.must(s.Engine.Stop(s.ctx, id, 5*time.Second))
	s.must(s.Engine.Start(s.ctx, id))
}

func testNetworks(s *suite) {
	id := s.running(s.spec("networks", forever))
	for range 2 {
		s.must(s.Engine.Connect(s.ctx, id, s.Network))
	}
	n := s.inspect(id).Networks
	if len(n) != 2+len(s.alias()) || n["bridge"] == "" || n[s.Network] == "" {
		s.Errorf("networks %v, want an address on both", n)
	}
	s.must(s.Disconnect(s.ctx, id, "bridge"))
	if n := s.inspect(id).Networks; len(n) != 1 || n[s.Network] == "" {
		s.Errorf("networks %v, want only %s", n, s.Network)
	}
	s.must(s.Engine.Connect(s.ctx, id, "bridge"))
	absent := s.unique("network")
	s.is(s.Engine.Connect(s.ctx, id, absent), engine.ErrNotFound, absent)

	own := s.spec("own-network", forever)
	own.Network = s.Network
	if n := s.inspect(s.running(own)).Networks; len(n) != 1 || n[s.Network] == "" {
		s.Errorf("networks %v, want only %s", n, s.Network)
	}
}

// alias are the further names of the network bridge.
func (s *suite) alias() []string {
	if s.Podman {
		return []string{"podman"}
	}
	return nil
}

func testNetworkNone(s *suite) {
	spec := s.spec("none", forever)
	spec.Network = "none"
	want := map[string]string{"none": ""}
	if n := s.inspect(s.running(spec)).Networks; !cmp.Equal(n, want) {
		s.Errorf("networks %v, want none without an address", n)
	}
	list, err := s.Engine.List(s.ctx, s.instance)
	s.must(err)
	if len(list) != 1 || !cmp.Equal(list[0].Networks, want) {
		s.Errorf("List = %+v, want network none without an address", list)
	}
}

// dropVolume cleans up.
func (s *suite) dropVolume(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if list, err := s.Engine.List(ctx, s.instance); err == nil {
		for _, c := range list {
			_ = s.Destroy(ctx, c.ID)
		}
	}
	if err := s.Engine.RemoveVolume(ctx, name); err != nil {
		s.Errorf("clean up: %v", err)
	}
}

func testVolumes(s *suite) {
	name := s.unique("volume")
	labels := map[string]string{"dual.dev/instance": s.instance, "dual.dev/workspace": "one"}
	s.must(s.Engine.CreateVolume(s.ctx, name, labels))
	s.Cleanup(func() { s.dropVolume(name) })
	s.must(s.Engine.CreateVolume(s.ctx, name, map[string]string{"dual.dev/workspace": "two"}))
	vs, err := s.Engine.Volumes(s.ctx, s.instance)
	s.must(err)
	if diff := cmp.Diff([]engine.Volume{{Name: name, Labels: labels}}, vs); diff != "" {
		s.Errorf("Volumes (-want +got):\n%s", diff)
	}

	spec := s.spec("volume-user", forever)
	spec.Mounts = []engine.Mount{{Type: engine.MountVolume, Source: name, Target: "/data"}}
	id := s.create(spec)
	s.is(s.Engine.RemoveVolume(s.ctx, name), engine.ErrInUse, name)
	s.must(s.Engine.Remove(s.ctx, id))
	vs, err = s.Engine.Volumes(s.ctx, s.instance)
	s.must(err)
	if len(vs) != 1 {
		s.Fatal("the container's removal removed its named volume")
	}
	s.must(s.Engine.RemoveVolume(s.ctx, name))
	s.must(s.Engine.RemoveVolume(s.ctx, name))
	if vs, _ = s.Engine.Volumes(s.ctx, s.instance); len(vs) != 0 {
		s.Errorf("Volumes after the removal = %v", vs)
	}
}

func testAnonymousVolumes(s *suite) {
	first := s.spec("anonymous", forever)
	first.Image = s.VolumeImage
	id := s.running(first)
	vs := s.inspect(id).Volumes
	if len(vs) != 1 || vs[0].Target != "/data" || vs[0].Name == "" {
		s.Fatalf("volumes %v, want an anonymous one at /data", vs)
	}
	s.Cleanup(func() { s.dropVolume(vs[0].Name) })
	_, err := s.Engine.Run(s.ctx, id, []string{"sh", "-c", "echo kept >/data/file"}, "")
	s.must(err)

	second := s.spec("anonymous-heir", forever)
	second.Image = s.VolumeImage
	second.Mounts = []engine.Mount{{Type: engine.MountVolume, Source: vs[0].Name, Target: "/data"}}
	heir := s.create(second)
	s.must(s.Engine.Stop(s.ctx, id, 5*time.Second))
	s.must(s.Engine.Remove(s.ctx, id))
	s.must(s.Engine.Start(s.ctx, heir))
	if got := s.inspect(heir).Volumes; !cmp.Equal(got, vs) {
		s.Errorf("the heir's volumes %v, want %v", got, vs)
	}
	result, err := s.Engine.Run(s.ctx, heir, []string{"cat", "/data/file"}, "")
	s.must(err)
	if result.Output != "kept\n" {
		s.Errorf("the heir's file is %q, want %q", result.Output, "kept\n")
	}
}

func testDiscard(s *suite) {
	first := s.spec("discard", forever)
	first.Image = s.VolumeImage
	kept := s.inspect(s.create(first)).Volumes
	s.Cleanup(func() { s.dropVolume(kept[0].Name) })
	second := s.spec("discard-heir", forever)
	second.Image = s.VolumeImage
	second.Mounts = []engine.Mount{{Type: engine.MountVolume, Source: kept[0].Name, Target: "/data"}}
	heir := s.create(second)
	s.must(s.Engine.Discard(s.ctx, heir))
	s.must(s.Engine.Discard(s.ctx, heir))
	third := s.spec("discard-third", forever)
	third.Image = s.VolumeImage
	id := s.create(third)
	made := s.inspect(id).Volumes
	if len(made) != 1 || made[0].Name == kept[0].Name {
		s.Fatalf("volumes %v, want an anonymous one of its own", made)
	}
	s.must(s.Engine.Discard(s.ctx, id))
	// A volume that is gone is made again where it is named, and then has the labels.
	labels := map[string]string{"dual.dev/instance": s.instance}
	s.Cleanup(func() { s.dropVolume(made[0].Name) })
	s.must(s.Engine.CreateVolume(s.ctx, kept[0].Name, labels))
	s.must(s.Engine.CreateVolume(s.ctx, made[0].Name, labels))
	vs, err := s.Engine.Volumes(s.ctx, s.instance)
	s.must(err)
	if len(vs) != 1 || vs[0].Name != made[0].Name {
		s.Errorf("volumes that had to be made again: %v, want the discarded container's own", vs)
	}
}
