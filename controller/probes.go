package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/count"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// probes runs the liveness probes: one goroutine per workspace that has one and runs.
type probes struct {
	engine  engine.Engine
	records *records
	log     *slog.Logger
	// requeue has a workspace reconciled again.
	requeue func(name string)

	mu   sync.Mutex
	runs map[string]*probeRun
	// ending are the runs that were stopped last and may not be over yet: the next run of the workspace waits for them.
	ending map[string]<-chan struct{}
	wait   sync.WaitGroup
}

type probeRun struct {
	key  string
	stop context.CancelFunc
	// done is closed when nothing of the run is under way any more.
	done chan struct{}
}

func newProbes(e engine.Engine, r *records, log *slog.Logger, requeue func(name string)) *probes {
	return &probes{
		engine: e, records: r, log: log, requeue: requeue, runs: map[string]*probeRun{}, ending: map[string]<-chan struct{}{},
	}
}

// follow starts the probe of a converged workspace, leaves one that runs for the same container, and ends others.
func (p *probes) follow(v view, current *engine.Container) {
	key, ok := probeKey(v, current)
	p.mu.Lock()
	run := p.runs[v.in.Name]
	p.mu.Unlock()
	if run != nil && ok && run.key == key {
		return
	}
	p.stop(v.in.Name)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.mu.Lock()
	next := &probeRun{key: key, stop: cancel, done: make(chan struct{})}
	p.runs[v.in.Name] = next
	before := p.ending[v.in.Name]
	delete(p.ending, v.in.Name)
	p.mu.Unlock()
	probe := *v.in.Desired.Spec.LivenessProbe.DeepCopy()
	full := v1alpha1.WorkspaceSpec{LivenessProbe: &probe}
	v1alpha1.SetDefaults(&full, v.in.Name)
	in := v.in
	p.wait.Go(func() {
		defer close(next.done)
		if before != nil {
			<-before
		}
		p.run(ctx, in, current.ID, probe)
	})
}

// probeKey identifies one run of one container under one probe; a restart starts another run.
func probeKey(v view, c *engine.Container) (string, bool) {
	d := v.in.Desired
	if d == nil || v.in.Elsewhere != nil || d.Spec.LivenessProbe == nil || c == nil || c.State != engine.StateRunning ||
		v.in.Memory.PendingSetup == c.ID || v.in.Memory.Unhealthy != nil || d.Paused {
		return "", false
	}
	spec, err := json.Marshal(d.Spec.LivenessProbe)
	if err != nil {
		return "", false
	}
	return fmt.Sprintf("%s/%d/%s", c.ID, v.in.Memory.Restarts, spec), true
}

func (p *probes) stop(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if run := p.runs[name]; run != nil {
		run.stop()
		delete(p.runs, name)
		p.ending[name] = run.done
	}
}

func (p *probes) stopAll() {
	p.mu.Lock()
	for name, run := range p.runs {
		run.stop()
		delete(p.runs, name)
	}
	p.mu.Unlock()
	p.wait.Wait()
}

// run probes until ctx ends or the threshold is reached. The next reconcile then plans the restart.
func (p *probes) run(ctx context.Context, in plan.Input, container string, probe v1alpha1.Probe) {
	name := in.Name
	began := time.Now()
	delay := time.Duration(probe.InitialDelaySeconds) * time.Second
	failures := int32(0)
	left := true // An earlier controller, or an earlier run of this one, may have left a probe.
	for {
		if pause.For(ctx, delay) != nil {
			return
		}
		delay = time.Duration(probe.PeriodSeconds) * time.Second
		err := p.once(ctx, container, probe, &left)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
			continue
		case errors.Is(err, engine.ErrUnavailable), errors.Is(err, engine.ErrNotFound):
			continue // The error is not the workspace's.
		}
		failures++
		err = secretFree(ctx, p.engine, in, container, err)
		p.log.Debug("liveness probe failed", "workspace", name, "failures", failures, "error", err)
		if failures < probe.FailureThreshold {
			continue
		}
		now := time.Now()
		message := fmt.Sprintf("the liveness probe failed %s in a row: %v", count.Of(int(failures), "time"), err)
		p.records.remember(name, func(m plan.Memory) plan.Memory { return m.ProbeFailed(container, message, now.Sub(began), now) })
		p.requeue(name)
		return
	}
}

// once probes once. A probe that did not answer is ended, with what it started, and none is started before that is
// done. left is set while a probe may still run.
func (p *probes) once(ctx context.Context, container string, probe v1alpha1.Probe, left *bool) error {
	if *left {
		if err := endRuns(ctx, p.engine, container, engine.MarkProbe, probe.Exec.Command); err != nil {
			return fmt.Errorf("the previous probe still runs: %w", err)
		}
		*left = false
	}
	limit := time.Duration(probe.TimeoutSeconds) * time.Second
	probing, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := p.engine.Run(probing, container, probe.Exec.Command, engine.MarkProbe)
	if errors.Is(err, engine.ErrUnavailable) {
		*left = true
	} else if err != nil {
		*left = endRuns(context.WithoutCancel(ctx), p.engine, container, engine.MarkProbe, probe.Exec.Command) != nil
	}
	switch {
	case err != nil && probing.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("no answer within %s", limit)
	case err != nil:
		return err
	case result.ExitCode != 0:
		return fmt.Errorf("exit code %d: %s", result.ExitCode, strings.TrimSpace(result.Output))
	}
	return nil
}
