package enginetest

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func testFields(s *suite) {
	spec := s.spec("fields", forever)
	spec.Env = []string{"A=b c", "EMPTY="}
	vol := s.unique("vol")
	spec.Mounts = []engine.Mount{
		{Type: engine.MountVolume, Source: vol, Target: "/vol"},
		{Type: engine.MountTmpfs, Target: "/scratch"},
	}
	s.Cleanup(func() { s.dropVolume(vol) })
	id := s.create(spec)
	img, err := s.Engine.Image(s.ctx, s.Image)
	s.must(err)

	list, err := s.Engine.List(s.ctx, s.instance)
	s.must(err)
	if len(list) != 1 {
		s.Fatalf("List has %d containers, want 1", len(list))
	}
	if list[0].Details != nil {
		s.Error("List has Details")
	}
	inspected := s.inspect(id)
	for source, c := range map[string]engine.Container{"List": list[0], "Inspect": inspected} {
		want := engine.Container{
			ID: id, Name: spec.Name, Labels: spec.Labels, State: engine.StateCreated, ImageID: img.ID,
			Networks: map[string]string{"bridge": ""},
			Volumes:  []engine.MountedVolume{{Name: vol, Target: "/vol"}},
			Created:  c.Created, Details: c.Details, NetworkIDs: c.NetworkIDs,
		}
		if s.Podman {
			want.Networks["podman"] = ""
		}
		if diff := cmp.Diff(want, c); diff != "" {
			s.Errorf("%s (-want +got):\n%s", source, diff)
		}
		if c.Created.IsZero() {
			s.Errorf("%s has no time of creation", source)
		}
	}
	for _, pair := range spec.Env {
		if !slices.Contains(inspected.Details.Env, pair) {
			s.Errorf("environment %q, want %s in it", inspected.Details.Env, pair)
		}
	}
	inspected.Details.Env = nil
	if diff := cmp.Diff(engine.Details{}, *inspected.Details); diff != "" {
		s.Errorf("details of a container that never ran (-want +got):\n%s", diff)
	}
	byName := s.inspect(spec.Name)
	if byName.ID != id {
		s.Errorf("Inspect by name found %s, want %s", byName.ID, id)
	}

	s.must(s.Engine.Start(s.ctx, id))
	list, err = s.Engine.List(s.ctx, s.instance)
	s.must(err)
	if ip := list[0].Networks["bridge"]; list[0].State != engine.StateRunning || ip == "" {
		s.Errorf("after Start: state %s, address %q, want running and an address", list[0].State, ip)
	}
	if d := s.inspect(id).Details; d.StartedAt.IsZero() || !d.FinishedAt.IsZero() {
		s.Errorf("after Start: started %v, finished %v", d.StartedAt, d.FinishedAt)
	}
}

func testListInstances(s *suite) {
	id := s.create(s.spec("mine", forever))
	other := s.spec("other", forever)
	other.Labels = map[string]string{"dual.dev/instance": s.instance + "-other"}
	s.create(other)
	foreign := s.spec("foreign", forever)
	foreign.Labels = nil
	s.create(foreign)

	list, err := s.Engine.List(s.ctx, s.instance)
	s.must(err)
	if len(list) != 1 || list[0].ID != id {
		s.Errorf("List = %v, want only %s", list, id)
	}
	list, err = s.Engine.List(s.ctx, s.instance+"-nobody")
	s.must(err)
	if len(list) != 0 {
		s.Errorf("List of an instance without containers = %v", list)
	}
}

func testAbsent(s *suite) {
	absent := s.unique("absent")
	_, err := s.Engine.Inspect(s.ctx, absent)
	s.is(err, engine.ErrNotFound, absent)
	s.is(s.Engine.Start(s.ctx, absent), engine.ErrNotFound, absent)
	s.is(s.Engine.Stop(s.ctx, absent, time.Second), engine.ErrNotFound, absent)
	s.is(s.Engine.Rename(s.ctx, absent, s.unique("name")), engine.ErrNotFound)
	s.is(s.Engine.Update(s.ctx, absent, engine.Limits{}), engine.ErrNotFound, absent)
	s.is(s.Engine.Unpause(s.ctx, absent), engine.ErrNotFound, absent)
	s.is(s.Engine.Connect(s.ctx, absent, s.Network), engine.ErrNotFound)
	_, err = s.Engine.Run(s.ctx, absent, prints, "")
	s.is(err, engine.ErrNotFound, absent)
	s.must(s.Engine.Remove(s.ctx, absent))
	s.must(s.Engine.RemoveVolume(s.ctx, absent))
}

func testAbsentImage(s *suite) {
	spec := s.spec("no-image", forever)
	spec.Image = "dual.invalid/no/such:image"
	_, err := s.Engine.Create(s.ctx, spec)
	s.is(err, engine.ErrImageNotFound, spec.Image, spec.Name)
	_, err = s.Engine.Image(s.ctx, spec.Image)
	s.is(err, engine.ErrNotFound, spec.Image)
	s.is(err, engine.ErrImageNotFound)
	if _, err := s.Engine.Inspect(s.ctx, spec.Name); err == nil {
		s.Error("a failed Create left a container")
	}
}

func testAbsentNetwork(s *suite) {
	spec := s.spec("no-network", forever)
	spec.Network = s.unique("network")
	_, err := s.Engine.Create(s.ctx, spec)
	s.is(err, engine.ErrNotFound, spec.Network)
	if _, err := s.Engine.Inspect(s.ctx, spec.Name); err == nil {
		s.Error("a failed Create left a container")
	}
}

func testInfo(s *suite) {
	info, err := s.Engine.Info(s.ctx)
	s.must(err)
	if info.ID == "" || info.Version == "" || info.APIVersion == "" || info.OS == "" || info.Arch == "" ||
		info.CPUs < 1 || info.Address == "" || info.Context == "" {
		s.Errorf("Info is incomplete: %+v", info)
	}
	again, err := s.Engine.Info(s.ctx)
	s.must(err)
	if diff := cmp.Diff(info, again); diff != "" {
		s.Errorf("a second Info differs (-first +second):\n%s", diff)
	}
}

func testUnreachable(s *suite) {
	away := s.Unreachable
	words := []string{"cannot reach the Docker engine at " + s.Address, "is it running?"}
	_, err := away.List(s.ctx, s.instance)
	s.is(err, engine.ErrUnavailable, words...)
	_, err = away.Inspect(s.ctx, "any")
	s.is(err, engine.ErrUnavailable, words...)
	_, err = away.Info(s.ctx)
	s.is(err, engine.ErrUnavailable, words...)
	_, err = away.Events(s.ctx, time.Time{})
	s.is(err, engine.ErrUnavailable, words...)
	_, err = away.Create(s.ctx, s.spec("away", forever))
	s.is(err, engine.ErrUnavailable, words...)
	s.is(away.Remove(s.ctx, "any"), engine.ErrUnavailable, words...)
	s.is(away.RemoveVolume(s.ctx, "any"), engine.ErrUnavailable, words...)
	_, err = away.Run(s.ctx, "any", prints, "")
	s.is(err, engine.ErrUnavailable, words...)
}
