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
	errLeaving    = errors.New("the controller is ending")
)

// endWithin is how long it may take to end what runs in a workspace.
const endWithin = 30 * time.Second

// setups runs the setups beside the passes, at most one a workspace: nothing else has to wait for one that hangs.
type setups struct {
	*Controller
	mu   sync.Mutex
	runs map[string]*setupRun
	wait sync.WaitGroup
}

type setupRun struct {
	run    plan.SetupRun
	cancel context.CancelCauseFunc
	late   *time.Timer
	limit  time.Duration
	done   chan struct{}
}

func newSetups(c *Controller) *setups { return &setups{Controller: c, runs: map[string]*setupRun{}} }

// running is the setup of a workspace that runs now, or nil.
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
		r.late.Reset(r.run.Since.Add(d).Sub(s.Clock.Now()))
	}
}

// end ends a workspace's setup with what it started, and returns when it is over.
func (s *setups) end(name string) {
	s.mu.Lock()
	r := s.runs[name]
	s.mu.Unlock()
	if r != nil {
		r.cancel(errSetupEnded)
		<-r.done
	}
}

// leaveAll lets the setups go on: the next controller ends them and runs them again.
func (s *setups) leaveAll() {
	s.mu.Lock()
	for _, r := range s.runs {
		r.cancel(errLeaving)
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// start runs the setup of an action, and ends one that runs.
func (s *setups) start(ctx context.Context, by *execution, a plan.Action) {
	name, step := by.plan.Name, a.Steps[0]
	s.end(name)
	x := newExecution(s.Controller, by.soft, by.view, by.plan, nil)
	step.Container.ID = by.id(step.Container)
	step.Fresh = step.Container.ID == by.created
	a.Steps = []plan.Step{step}
	inside, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &setupRun{
		run:    plan.SetupRun{Container: step.Container, Since: s.Clock.Now()},
		cancel: cancel, done: make(chan struct{}),
		limit: step.Timeout, late: time.AfterFunc(step.Timeout, func() { cancel(errSetupLate) }),
	}
	s.mu.Lock()
	s.runs[name] = r
	s.mu.Unlock()
	x.show(x.view, x.plan, v1alpha1.ReasonSettingUp, fmt.Sprintf("%s: %s", a.Kind, a.Cause))
	s.wait.Go(func() {
		defer close(r.done)
		defer cancel(nil)
		err := x.setup(inside, step.Container.ID, step)
		r.late.Stop()
		switch {
		case errors.Is(err, errSetupEnded), errors.Is(err, errLeaving):
		case errors.Is(err, engine.ErrUnavailable), errors.Is(err, engine.ErrNotFound):
			x.log.Warn("setup left", "error", err)
		case err != nil:
			x.fail(ctx, a, 0, err)
		default:
			x.done(a)
			x.recordDone(a)
		}
		again := time.Duration(0)
		if errors.Is(err, engine.ErrUnavailable) || errors.Is(err, engine.ErrNotFound) {
			again = reconnectDelay
		}
		x.Metrics.Acted(a.Kind, resultOf(inside, inside, err))
		s.mu.Lock()
		delete(s.runs, name)
		s.mu.Unlock()
		s.queue.AddAfter(name, again)
	})
}

// setupLines is how much of a failed setup's output is kept: its end says why.
const setupLines = 20

// setup runs a setup to its end. Its error has no secrets, and of a long output only the end.
func (x *execution) setup(ctx context.Context, id string, s plan.Step) error {
	err := x.runSetup(ctx, id, s)
	var failed *setupError
	if !errors.As(err, &failed) {
		return x.secretFree(ctx, x.view.in, "", err)
	}
	said := x.secretFree(ctx, x.view.in, id, errors.New(failed.output)).Error()
	lines := strings.Split(strings.TrimRight(said, "\n"), "\n")
	lines = lines[max(0, len(lines)-setupLines):]
	return fmt.Errorf("setup exited with code %d: %s", failed.code, strings.Join(lines, "\n"))
}

// setupError is a setup that ended with another code than 0.
type setupError struct {
	code   int
	output string
}

func (e *setupError) Error() string { return fmt.Sprintf("setup exited with code %d", e.code) }

// runSetup runs a setup. One that an earlier controller, or an earlier try, left is ended first.
func (x *execution) runSetup(ctx context.Context, id string, s plan.Step) error {
	if !s.Fresh {
		if err := x.endRuns(ctx, id, engine.MarkSetup, s.Command); err != nil {
			return fmt.Errorf("end the setup of before: %w", err)
		}
	}
	timed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(s.Timeout, func() { cancel(errSetupLate) }).Stop()
	if x.setups.running(x.plan.Name) != nil {
		timed = ctx // Its deadline can be moved.
	}
	result, err := x.Engine.Run(timed, id, s.Command, engine.MarkSetup)
	cause := context.Cause(timed)
	switch {
	case err == nil && result.ExitCode == 0:
		return nil
	case err == nil:
		return &setupError{result.ExitCode, result.Output}
	case errors.Is(cause, errLeaving):
		return cause
	case errors.Is(cause, errSetupEnded), errors.Is(cause, errSetupLate):
		ended := x.endRuns(context.WithoutCancel(ctx), id, engine.MarkSetup, s.Command)
		if ended != nil {
			ended = x.secretFree(ctx, x.view.in, "", ended)
			x.log.Warn("setup not ended", "error", ended)
		}
		if errors.Is(cause, errSetupEnded) {
			return cause
		}
		limit := x.setupLimit(s)
		if ended != nil {
			return fmt.Errorf("setup did not end within spec.setupTimeoutSeconds (%s), and could not be ended: %w", limit, ended)
		}
		return fmt.Errorf("setup did not end within spec.setupTimeoutSeconds (%s): it was ended, with what it started", limit)
	}
	return fmt.Errorf("run setup: %w", err)
}

// setupLimit is the limit in force: an edit may have moved it since the start.
func (x *execution) setupLimit(s plan.Step) time.Duration {
	x.setups.mu.Lock()
	defer x.setups.mu.Unlock()
	if r := x.setups.runs[x.plan.Name]; r != nil {
		return r.limit
	}
	return s.Timeout
}

// endRuns ends what runs with a mark; it does not wait for ever.
func (c *Controller) endRuns(ctx context.Context, id string, mark engine.Mark, command []string) error {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	return c.Engine.EndRuns(ctx, id, mark, command)
}
