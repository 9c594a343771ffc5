package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// patience is how long the suite waits for what an engine does on its own; nothing is measured by it.
const patience = 5 * time.Minute

// The suite's programs. ContractPrograms teaches them to a Memory.
var (
	forever     = []string{"sleep", "1000"}
	stubborn    = []string{"sh", "-c", "trap '' TERM; while :; do sleep 1; done"}
	exits3      = []string{"sh", "-c", "exit 3"}
	unstartable = []string{"/no/such/program"}
	prints      = []string{"sh", "-c", "echo out; echo err >&2; exit 7"}
	floods      = []string{"sh", "-c", "yes 0123456789 | head -n 20000; echo the end"}
	lingers     = []string{"sleep", "999"}
)

// Harness is one engine under test, and what the suite needs around it. The suite makes containers with the label of its
// own instance only, and removes them.
type Harness struct {
	Engine engine.Engine
	// Run is what the names of all that the suite makes begin with.
	Run string
	// Image is present and has sh, sleep and yes; VolumeImage is as well, and declares the volume /data.
	Image, VolumeImage string
	// Network is a user-defined network besides bridge and none.
	Network string
	// Pause, Kill and Disconnect are an operator's docker pause, docker kill and docker network disconnect; Destroy is docker rm -f.
	Pause, Kill, Destroy func(ctx context.Context, id string) error
	Disconnect           func(ctx context.Context, id, network string) error
	// Limits are the limits that the kernel enforces on a running container; nil where there is no kernel.
	Limits func(t testing.TB, id string) engine.Limits
	// Unreachable is an engine of the same kind that is away, and Address what it is looked for at.
	Unreachable engine.Engine
	Address     string
	// Podman is an engine with podman's differences: the network bridge has the second name podman, and the reason why a
	// start failed is in the start's answer and in no later inspection.
	Podman bool
}

// Contract runs the suite. newHarness is called once a test; tests run in parallel.
func Contract(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, tt := range []struct {
		name string
		test func(*suite)
	}{
		{"fields of a container", testFields},
		{"list is of one instance", testListInstances},
		{"labels with invalid names", testInvalidNames},
		{"absent container", testAbsent},
		{"absent image", testAbsentImage},
		{"absent network", testAbsentNetwork},
		{"name conflict on create", testCreateConflict},
		{"name conflict on rename", testRename},
		{"start and stop are idempotent", testIdempotent},
		{"stop by signal", testStopGraceful},
		{"stop by force after the grace", testStopForced},
		{"stop without grace", testStopNoGrace},
		{"stop ends with its context", testStopContext},
		{"exit code and times", testExit},
		{"program that cannot start", testUnstartable},
		{"program that its init cannot execute", testUnexecutable},
		{"remove", testRemove},
		{"remove twice at once", testRemoveRace},
		{"unpause", testUnpause},
		{"stop of a paused container", testStopPaused},
		{"limits", testLimits},
		{"limits of a stopped container", testLimitsStopped},
		{"limits that cannot be changed", testLimitsFixed},
		{"limits above the machine", testLimitsCapped},
		{"networks", testNetworks},
		{"network none", testNetworkNone},
		{"named volumes", testVolumes},
		{"anonymous volumes are carried over", testAnonymousVolumes},
		{"discard takes its own anonymous volumes", testDiscard},
		{"sources of bind mounts", testBinds},
		{"events in order", testEvents},
		{"events are subscribed on return", testEventsSubscribed},
		{"events since", testEventsSince},
		{"events end with their context", testEventsContext},
		{"run", testRun},
		{"run keeps the end of the output", testRunTail},
		{"run ends with its context", testRunContext},
		{"run in a container that does not run", testRunStopped},
		{"runs are ended by their mark", testEndRuns},
		{"info", testInfo},
		{"engine away", testUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(newSuite(t, newHarness(t)))
		})
	}
}

// suite is one test on one engine.
type suite struct {
	*testing.T
	Harness
	ctx      context.Context
	instance string
}

func newSuite(t *testing.T, h Harness) *suite {
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	return &suite{T: t, Harness: h, ctx: ctx, instance: fmt.Sprintf("%s-%08x", h.Run, rand.Uint32())}
}

// unique is a name that nobody else uses.
func (s *suite) unique(name string) string { return s.instance + "-" + name }

func (s *suite) spec(name string, command []string) engine.ContainerSpec {
	return engine.ContainerSpec{
		Name:    s.unique(name),
		Image:   s.Image,
		Command: command,
		Labels:  map[string]string{v1alpha1.LabelInstance: s.instance, v1alpha1.LabelWorkspace: name},
		Network: "bridge",
		Init:    true,
	}
}

// create makes a container that is gone after the test.
func (s *suite) create(spec engine.ContainerSpec) string {
	s.Helper()
	id, err := s.Engine.Create(s.ctx, spec)
	s.must(err)
	s.destroyLater(id)
	return id
}

func (s *suite) destroyLater(id string) {
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := s.Engine.Inspect(ctx, id); err == nil {
			_ = s.Destroy(ctx, id)
		}
	})
}

// running makes a container and starts it.
func (s *suite) running(spec engine.ContainerSpec) string {
	s.Helper()
	id := s.create(spec)
	s.must(s.Engine.Start(s.ctx, id))
	return id
}

func (s *suite) inspect(id string) engine.Container {
	s.Helper()
	c, err := s.Engine.Inspect(s.ctx, id)
	s.must(err)
	if c.Details == nil {
		s.Fatalf("Inspect(%s) has no Details", id)
	}
	return c
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// is asserts an error's class, and that its text has all words and is one for people.
func (s *suite) is(err, class error, words ...string) {
	s.Helper()
	if !errors.Is(err, class) {
		s.Fatalf("error %v, want one that is %q", err, class)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			s.Errorf("error %q does not say %q", err, w)
		}
	}
	s.readable(err)
}

func (s *suite) readable(err error) {
	s.Helper()
	for _, noise := range []string{"Error response from daemon", "OCI runtime", "failed to"} {
		if strings.Contains(err.Error(), noise) {
			s.Errorf("error %q has the noise %q", err, noise)
		}
	}
}

func (s *suite) state(id string, want engine.State) {
	s.Helper()
	if got := s.inspect(id).State; got != want {
		s.Fatalf("container is %s, want %s", got, want)
	}
}

// eventually polls, because an engine books the end of a program in its own time.
func (s *suite) eventually(what string, done func() bool) {
	s.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			s.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}
