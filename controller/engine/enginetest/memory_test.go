package enginetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

func spec(name string) engine.ContainerSpec {
	return engine.ContainerSpec{
		Name: name, Image: "busybox", Command: []string{"sleep", "1"}, Labels: map[string]string{v1alpha1.LabelInstance: "i"},
	}
}

func running(t *testing.T, m *enginetest.Memory, s engine.ContainerSpec) string {
	t.Helper()
	id, err := m.Create(t.Context(), s)
	if err == nil {
		err = m.Start(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFaults(t *testing.T) {
	m, boom := enginetest.NewMemory(enginetest.Options{}), errors.New("boom")
	id := running(t, m, spec("a"))

	m.FailNext("Stop", boom)
	if err := m.Stop(t.Context(), id, 0); !errors.Is(err, boom) {
		t.Errorf("Stop = %v, want the fault", err)
	}
	if c, _ := m.Get(id); c.State != engine.StateRunning {
		t.Errorf("a call that failed beforehand left %s", c.State)
	}

	// A crash after the effect: the caller sees an error, the engine has done it.
	m.OnCall(func(c enginetest.Call) error {
		if c.Op == "Stop" && c.Phase == enginetest.After {
			return boom
		}
		return nil
	})
	if err := m.Stop(t.Context(), id, 0); !errors.Is(err, boom) {
		t.Errorf("Stop = %v, want the hook's error", err)
	}
	if c, _ := m.Get(id); c.State != engine.StateExited {
		t.Errorf("a call that crashed afterwards left %s", c.State)
	}

	m.OnCall(func(c enginetest.Call) error { return fmt.Errorf("no %s: %w", c, boom) })
	if _, err := m.List(t.Context(), "i"); err != nil {
		t.Errorf("the hook stopped a read: %v", err)
	}
	if err := m.Remove(t.Context(), id); !errors.Is(err, boom) {
		t.Errorf("Remove = %v, want the hook's error", err)
	}
	if _, ok := m.Get(id); !ok {
		t.Error("a refused Remove removed")
	}
	if got := m.Mutations(); got != 5 {
		t.Errorf("%d mutating calls in %v, want 5", got, m.Calls())
	}
	m.ResetCalls()
	if m.Mutations() != 0 || m.Count("Stop") != 0 || len(m.Calls()) != 0 {
		t.Error("ResetCalls left calls")
	}
}

func TestStreams(t *testing.T) {
	m := enginetest.NewMemory(enginetest.Options{})
	subscribe := func() engine.Stream {
		s, err := m.Events(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := subscribe()
	id := running(t, m, spec("a"))
	m.DropEvents(func() { _ = m.Operator().Kill(id) })
	if err := m.Operator().Start(id); err != nil {
		t.Fatal(err)
	}
	m.BreakEvents()
	var got []string
	for e := range s.C() {
		got = append(got, e.Action)
	}
	if want := "[create connect start connect start]"; fmt.Sprint(got) != want {
		t.Errorf("events %v, want %s: those before the end, but not the dropped", got, want)
	}
	if !errors.Is(s.Err(), engine.ErrUnavailable) {
		t.Errorf("Err = %v", s.Err())
	}

	s = subscribe()
	m.SetUnavailable(true)
	for e := range s.C() {
		t.Errorf("event %v of an engine that is away", e)
	}
	if _, err := m.List(t.Context(), "i"); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("List = %v", err)
	}
	m.SetUnavailable(false)
	if list, err := m.List(t.Context(), "i"); err != nil || len(list) != 1 || list[0].State != engine.StateRunning {
		t.Errorf("List after the engine's return = %v, %v", list, err)
	}
}

func TestRemovalInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := enginetest.NewMemory(enginetest.Options{})
		id := running(t, m, spec("a"))
		finish, err := m.Operator().BeginRemoval(id)
		if err != nil {
			t.Fatal(err)
		}
		if c, _ := m.Get(id); c.State != engine.StateRemoving {
			t.Errorf("state %s", c.State)
		}
		// The name is not released in time.
		if _, err := m.Create(t.Context(), spec("a")); !errors.Is(err, engine.ErrNameInUse) {
			t.Errorf("Create = %v, want ErrNameInUse", err)
		}
		results := make(chan error, 2)
		go func() { results <- m.Remove(t.Context(), id) }()
		go func() {
			_, err := m.Create(t.Context(), spec("a"))
			results <- err
		}()
		synctest.Wait()
		if len(results) != 0 {
			t.Error("Remove or Create did not wait for the removal")
		}
		finish()
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if c, _ := m.Get("a"); c.ID == id || c.ID == "" {
			t.Errorf("the name's holder is %q", c.ID)
		}
	})
}

func TestStopOnClock(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	m := enginetest.NewMemory(enginetest.Options{Clock: clock})
	stubborn := spec("a")
	m.Program(stubborn.Command, enginetest.Program{IgnoresTerm: true})
	id := running(t, m, stubborn)
	done := make(chan error)
	go func() { done <- m.Stop(t.Context(), id, 10*time.Second) }()
	deadline := time.Now().Add(5 * time.Minute)
	for !clock.HasWaiters() {
		if time.Now().After(deadline) {
			t.Fatal("Stop does not wait on the clock")
		}
	}
	clock.Step(9 * time.Second)
	if c, _ := m.Get(id); c.State != engine.StateRunning {
		t.Errorf("killed before its grace: %s", c.State)
	}
	clock.Step(time.Second)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	c, _ := m.Get(id)
	if want := clock.Now(); c.State != engine.StateExited || !c.Details.FinishedAt.Equal(want) {
		t.Errorf("state %s, finished %v, want exited at %v", c.State, c.Details.FinishedAt, want)
	}
}

func TestPull(t *testing.T) {
	m := enginetest.NewMemory(enginetest.Options{})
	if err := m.Pull(t.Context(), "node:22", nil); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("Pull of what no registry has = %v", err)
	}
	m.FailPull("node:22", engine.ErrUnauthorized)
	if err := m.Pull(t.Context(), "node:22", nil); !errors.Is(err, engine.ErrUnauthorized) {
		t.Errorf("Pull = %v, want the failure", err)
	}
	m.AddPullable("node:22", enginetest.ImageOptions{})
	gate := make(chan struct{})
	m.HoldPull("node:22", gate)
	ctx, cancel := context.WithCancel(t.Context())
	if err := m.Pull(ctx, "docker.io/library/node:22", func(engine.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("a slow Pull = %v, want its context's end", err)
	}
	if _, err := m.Image(t.Context(), "node:22"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Image = %v", err)
	}
	close(gate)
	if err := m.Pull(t.Context(), "node:22", nil); err != nil {
		t.Error(err)
	}
	if _, err := m.Image(t.Context(), "docker.io/library/node:22"); err != nil {
		t.Error(err)
	}
}

func TestOutside(t *testing.T) {
	m := enginetest.NewMemory(enginetest.Options{})
	operator := m.Operator()
	foreign, err := operator.AddForeign("stranger")
	if err != nil {
		t.Fatal(err)
	}
	id := running(t, m, spec("a"))
	for _, step := range []struct {
		name string
		do   func() error
		want func(engine.Container) bool
	}{
		{"pause", func() error { return operator.Pause(id) }, func(c engine.Container) bool { return c.State == engine.StatePaused }},
		{"oom", func() error { return operator.OOM(id) }, func(c engine.Container) bool { return c.Details.OOMKilled }},
		{"start", func() error { return operator.Start(id) }, func(c engine.Container) bool { return !c.Details.OOMKilled }},
		{"exit", func() error { return operator.Exit(id, 4) }, func(c engine.Container) bool { return c.Details.ExitCode == 4 }},
		{"rename", func() error { return operator.Rename(id, "b") }, func(c engine.Container) bool { return c.Name == "b" }},
		{"disconnect", func() error { return operator.Disconnect(id, "bridge") }, func(c engine.Container) bool { return len(c.Networks) == 0 }},
		{
			"update", func() error { return operator.Update(id, engine.Limits{PIDs: 9}, true) },
			func(c engine.Container) bool { return c.Details.Limits.PIDs == 9 && c.Details.EngineRestarts },
		},
		{"dead", func() error { return operator.SetState(id, engine.StateDead) }, func(c engine.Container) bool { return c.State == engine.StateDead }},
		{"remove", func() error { return operator.Remove(id) }, func(c engine.Container) bool { return c.ID == "" }},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if c, _ := m.Get(id); !step.want(c) {
			t.Errorf("after %s: %+v", step.name, c)
		}
	}
	if all := m.All(); len(all) != 1 || all[0].ID != foreign || len(all[0].Labels) != 0 {
		t.Errorf("left %v, want only the stranger", all)
	}
	if n := m.Mutations(); n != 2 {
		t.Errorf("%d mutating calls: somebody else's count", n)
	}
}

// BenchmarkList shows that a list is linear and all else is not.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := enginetest.NewMemory(enginetest.Options{})
			for i := range n {
				if _, err := m.Create(b.Context(), spec(fmt.Sprint("c", i))); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if list, _ := m.List(b.Context(), "i"); len(list) != n {
					b.Fatal(len(list))
				}
			}
		})
	}
}
