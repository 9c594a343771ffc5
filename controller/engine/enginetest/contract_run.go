package enginetest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func testRun(s *suite) {
	id := s.running(s.spec("run", forever))
	result, err := s.Engine.Run(s.ctx, id, prints, "")
	s.must(err)
	if result.ExitCode != 7 {
		s.Errorf("exit code %d, want 7", result.ExitCode)
	}
	for _, line := range []string{"out\n", "err\n"} {
		if strings.Count(result.Output, line) != 1 || len(result.Output) != len("out\nerr\n") {
			s.Errorf("output %q, want the lines out and err", result.Output)
		}
	}
	result, err = s.Engine.Run(s.ctx, id, unstartable, "")
	s.must(err)
	if (result.ExitCode != 126 && result.ExitCode != 127) || !strings.Contains(result.Output, unstartable[0]) {
		s.Errorf("a program that does not exist: %+v, want 126 or 127 and its name", result)
	}
	s.readable(errors.New(result.Output))
}

func testRunTail(s *suite) {
	id := s.running(s.spec("tail", forever))
	result, err := s.Engine.Run(s.ctx, id, floods, "")
	s.must(err)
	// In whole lines.
	if n := len(result.Output); n > 64<<10 || n < 63<<10 || !strings.HasSuffix(result.Output, "0123456789\nthe end\n") {
		s.Errorf("%d bytes of output, want the last 64 KiB", len(result.Output))
	}
}

func testRunContext(s *suite) {
	id := s.running(s.spec("run-context", forever))
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		ctx, cancel := context.WithCancel(s.ctx)
		if errors.Is(end, context.DeadlineExceeded) {
			ctx, cancel = context.WithTimeout(s.ctx, 300*time.Millisecond)
		} else {
			time.AfterFunc(300*time.Millisecond, cancel)
		}
		_, err := s.Engine.Run(ctx, id, lingers, "") // It would end without an error.
		s.is(err, end)
		cancel()
	}
}

// testEndRuns leaves commands in a container as a caller that goes away does.
func testEndRuns(s *suite) {
	id := s.running(s.spec("end-runs", forever))
	s.must(s.Engine.EndRuns(s.ctx, id, engine.MarkProbe, lingers)) // Nothing runs.
	leave := func(mark engine.Mark) {
		ctx, cancel := context.WithTimeout(s.ctx, 500*time.Millisecond)
		defer cancel()
		_, err := s.Engine.Run(ctx, id, lingers, mark)
		s.is(err, context.DeadlineExceeded)
	}
	leave(engine.MarkProbe)
	other := make(chan engine.RunResult, 1)
	go func() {
		result, _ := s.Engine.Run(s.ctx, id, lingers, engine.MarkSetup)
		other <- result
	}()
	s.must(s.Engine.EndRuns(s.ctx, id, engine.MarkProbe, lingers))
	select {
	case result := <-other:
		s.Errorf("a run with another mark ended: %+v", result)
	case <-time.After(300 * time.Millisecond):
	}
	s.must(s.Engine.EndRuns(s.ctx, id, engine.MarkSetup, lingers))
	if result := <-other; result.ExitCode != 137 {
		s.Errorf("exit code %d of a run that was ended, want 137", result.ExitCode)
	}
	s.state(id, engine.StateRunning)
	s.must(s.Engine.Stop(s.ctx, id, 0))
	s.must(s.Engine.EndRuns(s.ctx, id, engine.MarkSetup, lingers))
}

func testRunStopped(s *suite) {
	id := s.create(s.spec("run-stopped", forever))
	_, err := s.Engine.Run(s.ctx, id, prints, "")
	if err == nil {
		s.Fatal("Run in a container that does not run succeeded")
	}
	s.readable(err)
	if errors.Is(err, engine.ErrNotFound) || errors.Is(err, engine.ErrUnavailable) {
		s.Errorf("error %v claims that the container is gone or the engine away", err)
	}
}

// ContractPrograms makes a Memory behave as the suite's programs do.
func ContractPrograms(m *Memory) {
	m.Program(stubborn, Program{IgnoresTerm: true})
	m.Program(exits3, Program{Exits: true, ExitCode: 3})
	m.Program(unstartable, Program{Unstartable: `exec: "/no/such/program": stat /no/such/program: no such file or directory`})
	flood := strings.Repeat("0123456789\n", 20000) + "the end\n"
	results := map[string]engine.RunResult{
		commandKey(prints):                        {ExitCode: 7, Output: "out\nerr\n"},
		commandKey(floods):                        {Output: flood[len(flood)-64<<10:]},
		commandKey(unstartable):                   {ExitCode: 127, Output: "/no/such/program: no such file or directory\n"},
		commandKey([]string{"cat", "/data/file"}): {Output: "kept\n"},
	}
	never := make(chan struct{})
	m.OnRun(func(ctx context.Context, _ engine.Container, command []string) (engine.RunResult, error) {
		if commandKey(command) == commandKey(lingers) {
			select {
			case <-never:
			case <-ctx.Done():
				return engine.RunResult{}, ctx.Err()
			}
		}
		return results[commandKey(command)], nil
	})
}
