package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

var (
	errSetupEnded = errors.New("the setup was ended")
	errSetupLate  = errors.New("the setup took too long")
	errAbandoned  = errors.New("the controller is ending")
)

// endWithin limits how long it may take to end what runs in a workspace.
const endWithin = 30 * time.Second

// setups runs the setups beside the reconciles, at most one per workspace: nothing else has to wait for a setup that
// hangs.
type setups struct {
	// requeue has a workspace reconciled again after some time.
	requeue func(name string, after time.Duration)
	mu      sync.Mutex
	runs    map[string]*setupRun
	wait    sync.WaitGroup
}

type setupRun struct {
	run    plan.SetupRun
	cancel context.CancelCauseFunc
	late   *time.Timer
	limit  time.Duration
	done   chan struct{}
}

func newSetups(requeue func(name string, after time.Duration)) *setups {
	return &setups{requeue: requeue, runs: map[string]*setupRun{}}
}

// running returns the setup of a workspace that runs now, or nil.
func (s *setups) running(name string) *plan.SetupRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[name]; r != nil {
		run := r.run
		return &run
	}
	return nil
}

// limit sets the time that a setup may take from its start.
func (s *setups) limit(name string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[name]; r != nil {
		r.limit = d
		r.late.Reset(time.Until(r.run.Since.Add(d)))
	}
}

// limitOf returns the current limit of the setup that runs, which an edit may have changed since the start, or else
// the given one.
func (s *setups) limitOf(name string, otherwise time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[name]; r != nil {
		return r.limit
	}
	return otherwise
}

// end ends a workspace's setup with what the setup started, and returns when it is over.
func (s *setups) end(name string) {
	s.mu.Lock()
	r := s.runs[name]
	s.mu.Unlock()
	if r != nil {
		r.cancel(errSetupEnded)
		<-r.done
	}
}

// abandonAll stops waiting for the setups, which continue: the next controller ends them and runs them again.
func (s *setups) abandonAll() {
	s.mu.Lock()
	for _, r := range s.runs {
		r.cancel(errAbandoned)
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// start runs the setup of an action, and ends one that runs.
func (s *setups) start(ctx context.Context, by *execution, a plan.Action) {
	name, step := by.plan.Name, a.Steps[0]
	s.end(name)
	x := by.executor.new(by.preemptible, by.view, by.plan, nil)
	step.Container.ID = by.id(step.Container)
	step.Fresh = step.Container.ID == by.created
	a.Steps = []plan.Step{step}
	inside, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &setupRun{
		run:    plan.SetupRun{Container: step.Container, Since: time.Now()},
		cancel: cancel, done: make(chan struct{}),
		limit: step.Timeout, late: time.AfterFunc(step.Timeout, func() { cancel(errSetupLate) }),
	}
	s.mu.Lock()
	s.runs[name] = r
	s.mu.Unlock()
	x.executor.publisher.publish(x.view, x.plan, v1alpha1.ReasonSettingUp, fmt.Sprintf("%s: %s", a.Kind, a.Cause))
	s.wait.Go(func() {
		defer close(r.done)
		defer cancel(nil)
		err := x.setup(inside, step.Container.ID, step)
		r.late.Stop()
		switch {
		case errors.Is(err, errSetupEnded), errors.Is(err, errAbandoned):
		case errors.Is(err, engine.ErrUnavailable), errors.Is(err, engine.ErrNotFound):
			x.log.Warn("setup abandoned", "error", err)
		case err != nil:
			_ = x.fail(ctx, a, 0, err)
		default:
			x.done(a)
			x.recordDone(a)
		}
		again := time.Duration(0)
		if errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrNotFound) {
			again = reconnectDelay
		}
		x.executor.metrics.Acted(a.Kind, resultOf(inside, inside, err))
		s.mu.Lock()
		delete(s.runs, name)
		s.mu.Unlock()
		s.requeue(name, again)
	})
}

// setupLines is how many lines of a failed setup's output are kept: the last ones show the cause.
const setupLines = 20

// setup runs a setup to its end. Its error has no secrets, and of a long output only the end.
func (x *execution) setup(ctx context.Context, id string, s plan.Step) error {
	err := x.runSetup(ctx, id, s)
	var failed *setupError
	if !errors.As(err, &failed) {
		return secretFree(ctx, x.executor.engine, x.view.in, "", err)
	}
	output := secretFree(ctx, x.executor.engine, x.view.in, id, errors.New(failed.output)).Error()
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	lines = lines[max(0, len(lines)-setupLines):]
	return fmt.Errorf("setup exited with code %d: %s", failed.code, strings.Join(lines, "\n"))
}

// setupError is the error of a setup that ended with another code than 0.
type setupError struct {
	code   int
	output string
}

func (e *setupError) Error() string { return fmt.Sprintf("setup exited with code %d", e.code) }

// runSetup runs a setup. First it ends one that an earlier controller, or an earlier try, started.
func (x *execution) runSetup(ctx context.Context, id string, s plan.Step) error {
	if !s.Fresh {
		if err := endRuns(ctx, x.executor.engine, id, engine.MarkSetup, s.Command); err != nil {
			return fmt.Errorf("end the previous setup: %w", err)
		}
	}
	timed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(s.Timeout, func() { cancel(errSetupLate) }).Stop()
	if x.executor.setups.running(x.plan.Name) != nil {
		timed = ctx // Its deadline can be moved.
	}
	result, err := x.executor.engine.Run(timed, id, s.Command, engine.MarkSetup)
	cause := context.Cause(timed)
	switch {
	case err == nil && result.ExitCode == 0:
		return nil
	case err == nil:
		return &setupError{result.ExitCode, result.Output}
	case errors.Is(cause, errAbandoned):
		return cause
	case errors.Is(cause, errSetupEnded), errors.Is(cause, errSetupLate):
		ended := endRuns(context.WithoutCancel(ctx), x.executor.engine, id, engine.MarkSetup, s.Command)
		if ended != nil {
			ended = secretFree(ctx, x.executor.engine, x.view.in, "", ended)
			x.log.Warn("setup not ended", "error", ended)
		}
		if errors.Is(cause, errSetupEnded) {
			return cause
		}
		limit := x.executor.setups.limitOf(x.plan.Name, s.Timeout)
		if ended != nil {
			return fmt.Errorf("setup did not end within spec.setupTimeoutSeconds (%s), and could not be ended: %w", limit, ended)
		}
		return fmt.Errorf("setup did not end within spec.setupTimeoutSeconds (%s): it was ended, with what it started", limit)
	}
	return fmt.Errorf("run setup: %w", err)
}

// endRuns ends what runs with a mark.
func endRuns(ctx context.Context, e engine.Engine, id string, mark engine.Mark, command []string) error {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	return e.EndRuns(ctx, id, mark, command)
}
