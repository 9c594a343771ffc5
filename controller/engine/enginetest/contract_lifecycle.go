package enginetest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func testCreateConflict(s *suite) {
	spec := s.spec("taken", forever)
	id := s.create(spec)
	_, err := s.Engine.Create(s.ctx, spec)
	s.is(err, engine.ErrNameInUse, spec.Name)
	if got := s.inspect(spec.Name).ID; got != id {
		s.Errorf("the name's holder is %s now, was %s", got, id)
	}
}

func testRename(s *suite) {
	first, second := s.create(s.spec("first", forever)), s.create(s.spec("second", forever))
	taken := s.unique("first")
	s.is(s.Engine.Rename(s.ctx, second, taken), engine.ErrNameInUse, taken)
	s.must(s.Engine.Rename(s.ctx, first, taken))
	s.must(s.Engine.Rename(s.ctx, first, s.unique("moved")))
	s.must(s.Engine.Rename(s.ctx, second, taken))
	if got := s.inspect(taken).ID; got != second {
		s.Errorf("%s is %s, want %s", taken, got, second)
	}
	if got := s.inspect(first).Name; got != s.unique("moved") {
		s.Errorf("first is called %s", got)
	}
}

func testIdempotent(s *suite) {
	id := s.create(s.spec("idem", forever))
	s.must(s.Engine.Stop(s.ctx, id, time.Second))
	s.must(s.Engine.Start(s.ctx, id))
	started := s.inspect(id).Details.StartedAt
	s.must(s.Engine.Start(s.ctx, id))
	if again := s.inspect(id).Details.StartedAt; !again.Equal(started) {
		s.Error("Start of a running container started it again")
	}
	s.must(s.Engine.Stop(s.ctx, id, 5*time.Second))
	s.state(id, engine.StateExited)
	s.must(s.Engine.Stop(s.ctx, id, 5*time.Second))
	s.must(s.Engine.Start(s.ctx, id))
	s.state(id, engine.StateRunning)
}

func testStopGraceful(s *suite) {
	id := s.running(s.spec("graceful", forever))
	s.must(s.Engine.Stop(s.ctx, id, time.Hour)) // The suite's context does not last as long.
	if c := s.inspect(id); c.State != engine.StateExited || c.Details.ExitCode != exitTerm {
		s.Errorf("state %s, exit code %d, want exited by SIGTERM: %d", c.State, c.Details.ExitCode, exitTerm)
	}
}

func testStopForced(s *suite) {
	id := s.running(s.spec("forced", stubborn))
	s.settle(id)
	start := time.Now()
	s.must(s.Engine.Stop(s.ctx, id, time.Second))
	if took := time.Since(start); took < time.Second {
		s.Errorf("killed after %s, before its grace of 1s", took)
	}
	if c := s.inspect(id); c.State != engine.StateExited || c.Details.ExitCode != exitKill {
		s.Errorf("state %s, exit code %d, want exited by SIGKILL: %d", c.State, c.Details.ExitCode, exitKill)
	}
}

func testStopNoGrace(s *suite) {
	id := s.running(s.spec("no-grace", stubborn))
	s.must(s.Engine.Stop(s.ctx, id, 0))
	s.state(id, engine.StateExited)
}

func testStopContext(s *suite) {
	id := s.running(s.spec("hung", stubborn))
	s.settle(id)
	ctx, cancel := context.WithTimeout(s.ctx, 200*time.Millisecond)
	defer cancel()
	// Only its context can end it: the grace is longer than any test.
	s.is(s.Engine.Stop(ctx, id, time.Hour), context.DeadlineExceeded)
}

// settle waits until the stubborn program ignores SIGTERM: before, it is not stubborn.
func (s *suite) settle(id string) {
	s.Helper()
	const script = `for f in /proc/[0-9]*/status; do set -- $(grep SigIgn $f); [ $((0x$2 & 0x4000)) = 0 ] || exit 0; done; exit 1`
	s.eventually("a program that ignores SIGTERM", func() bool {
		result, err := s.Engine.Run(s.ctx, id, []string{"sh", "-c", script}, "")
		return err == nil && result.ExitCode == 0
	})
}

func testExit(s *suite) {
	id := s.running(s.spec("exit", exits3))
	s.eventually("the program's end", func() bool { return s.inspect(id).State == engine.StateExited })
	d := s.inspect(id).Details
	if d.ExitCode != 3 || d.OOMKilled || d.Error != "" {
		s.Errorf("details %+v, want exit code 3", *d)
	}
	if d.StartedAt.IsZero() || d.FinishedAt.Before(d.StartedAt) {
		s.Errorf("started %v, finished %v", d.StartedAt, d.FinishedAt)
	}
}

func testUnstartable(s *suite) {
	spec := s.spec("unstartable", unstartable)
	// With an init the engine starts the init, and the program's absence is an exit code.
	spec.Init = false
	id := s.create(spec)
	err := s.Engine.Start(s.ctx, id)
	if err == nil {
		s.Fatal("Start of a program that does not exist succeeded")
	}
	s.readable(err)
	s.is(err, err, unstartable[0], "no such file or directory")
	c := s.inspect(id)
	if c.State != engine.StateCreated || c.Details.Error == "" && !s.Podman {
		s.Errorf("state %s, error %q, want created with the reason", c.State, c.Details.Error)
	}
	s.must(s.Engine.Remove(s.ctx, id))
}

// testUnexecutable: the first look at the end tells a program that is missing, or is none, from one that ran and failed.
func testUnexecutable(s *suite) {
	if s.Limits == nil {
		s.Skip("without a kernel there is nothing to execute")
	}
	const missing, refused = 127, 126
	for program, want := range map[string]int{unstartable[0]: missing, "/etc/passwd": refused} {
		id := s.create(s.spec("init-"+strconv.Itoa(want), []string{program}))
		for range 3 { // What an engine tells of it must not depend on its luck.
			s.must(s.Engine.Start(s.ctx, id))
			s.eventually("the init's end", func() bool {
				c := s.inspect(id)
				if c.State == engine.StateExited && c.Details.ExitCode != want {
					s.Fatalf("%s: exit code %d, want %d", program, c.Details.ExitCode, want)
				}
				return c.State == engine.StateExited
			})
		}
	}
}

func testRemove(s *suite) {
	id := s.running(s.spec("removed", forever))
	s.is(s.Engine.Remove(s.ctx, id), engine.ErrInvalid)
	s.state(id, engine.StateRunning)
	s.must(s.Engine.Stop(s.ctx, id, 5*time.Second))
	s.must(s.Engine.Remove(s.ctx, id))
	_, err := s.Engine.Inspect(s.ctx, id)
	s.is(err, engine.ErrNotFound)
	s.must(s.Engine.Remove(s.ctx, id))
	// The name is free as soon as Remove returns.
	s.create(s.spec("removed", forever))
}

func testRemoveRace(s *suite) {
	id := s.create(s.spec("race", forever))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := s.Engine.Remove(s.ctx, id); err != nil {
				s.Errorf("Remove: %v", err)
			}
			if _, err := s.Engine.Inspect(s.ctx, id); err == nil {
				s.Error("Remove returned while the container was there")
			}
		})
	}
	wg.Wait()
}

func testUnpause(s *suite) {
	id := s.running(s.spec("paused", forever))
	s.must(s.Engine.Unpause(s.ctx, id))
	s.must(s.Pause(s.ctx, id))
	s.state(id, engine.StatePaused)
	s.must(s.Engine.Unpause(s.ctx, id))
	s.state(id, engine.StateRunning)
	s.must(s.Engine.Unpause(s.ctx, id))
}

func testStopPaused(s *suite) {
	id := s.running(s.spec("stop-paused", forever))
	s.must(s.Pause(s.ctx, id))
	s.must(s.Engine.Stop(s.ctx, id, 2*time.Second))
	s.state(id, engine.StateExited)
	s.must(s.Engine.Remove(s.ctx, id))
}
