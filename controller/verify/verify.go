// Package verify runs the seven tests of the isolation experiment against the user's own engine, through the product: the
// reconciler makes the workspaces from manifests, the product's exec reaches into them, its restart restarts them, and its
// down removes them.
package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

const (
	// first is how many workspaces the tests before 3.2 use.
	first = 3
	// DefaultWorkspaces is how many there are in the end, in the experiment as it was designed.
	DefaultWorkspaces = 8
	// MaxWorkspaces is what fits on a Linux bridge, with room for others.
	MaxWorkspaces = 1000
	// port that every workspace binds.
	port = 3000
	// network that the workspaces are on.
	network = "bridge"
)

// Options of Run. All are required but Started and Ended.
type Options struct {
	// Loop is the controller that is under test, with an instance and an empty directory of its own.
	Loop controller.Options
	// Shell and Find are how the verb exec reaches a workspace.
	Shell    engine.Shell
	Find     func(ctx context.Context, workspace string) (engine.Container, error)
	Measurer engine.Measurer
	// Host is the machine that this program runs on.
	Host Host
	// Image has busybox's httpd, or nc; and sh and wget.
	Image string
	// Prefix and a number make the workspaces' names.
	Prefix string
	// Workspaces is how many there are in Test 3.2, more than three.
	Workspaces int
	// Timeout is how long an answer may take before a test is inconclusive.
	Timeout time.Duration
	// Program is this program's version, and Platform what it runs on.
	Program, Platform string
	// Started and Ended are told of each test; nil for nobody.
	Started, Ended func(*Result)
}

// readyWithin is how long an engine may take to say that it can be tested: one that hangs accepts connections.
const readyWithin = time.Minute

// Check says why a run with these options cannot begin. It changes nothing.
func (o Options) Check(ctx context.Context) error {
	if o.Workspaces <= first || o.Workspaces > MaxWorkspaces {
		return fmt.Errorf("%s: want %d to %d", count.Of(o.Workspaces, "workspace"), first+1, MaxWorkspaces)
	}
	if longest := len(o.name(o.Workspaces)); longest > v1alpha1.MaxNameLength {
		return fmt.Errorf("prefix %q: the workspaces' names would have %d characters, at most %d are allowed", o.Prefix, longest, v1alpha1.MaxNameLength)
	}
	if faults := validation.IsDNS1123Label(o.name(o.Workspaces)); len(faults) > 0 {
		return fmt.Errorf("prefix %q: %s", o.Prefix, strings.Join(faults, "; "))
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if _, err := o.Loop.Engine.Info(ctx); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the engine does not answer within %s: does `docker info`? %w", readyWithin, err)
	} else if err != nil {
		return err
	}
	switch _, err := o.Loop.Engine.Image(ctx, o.Image); {
	case errors.Is(err, engine.ErrNotFound), errors.Is(err, engine.ErrImageNotFound):
		return fmt.Errorf("the image %s is not on the engine: run `docker pull %s`, or choose with --image one that is there and has busybox's httpd or nc", o.Image, o.Image)
	case err != nil:
		return err
	}
	return o.clean(ctx)
}

// clean finds the containers that hold the workspaces' names: whoever's they are, they are not this run's to remove.
func (o Options) clean(ctx context.Context) error {
	for i := 1; i <= o.Workspaces; i++ {
		c, err := o.Shell.Look(ctx, v1alpha1.ContainerName(o.name(i)))
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if instance := c.Labels[v1alpha1.LabelInstance]; instance != "" {
			return fmt.Errorf("container %s is there already, of instance %q: wait if another verify runs, else remove it with `dual-reconciler down --instance %s`, or choose another --prefix",
				c.Name, instance, instance)
		}
		return fmt.Errorf("container %s is there already, and not ours: rename or remove it, or choose another --prefix", c.Name)
	}
	return nil
}

// Run runs all tests, also where one fails, and removes all that it made, also when ctx ends. Check says beforehand whether
// it can.
func Run(ctx context.Context, o Options) *Report {
	f := newFleet(o)
	f.begin()
	r := &run{Options: o, machines: f, clock: o.Loop.Clock, parallel: o.Loop.Workers}
	return r.run(ctx)
}

func (o Options) name(i int) string { return fmt.Sprintf("%s-%d", o.Prefix, i) }

// identity is what workspace i answers on its port.
func identity(i int) string { return fmt.Sprintf("workspace-%02d", i) }

// run is one run of the experiment.
type run struct {
	Options
	machines machines
	clock    clock.Clock
	parallel int
	// unsettled says that the workspaces were not brought up in time: what is not there may yet come.
	unsettled bool
}

// tearDownWithin bounds the end of a run, whatever happened before.
const tearDownWithin = 10 * time.Minute

func (r *run) run(ctx context.Context) *Report {
	report := newReport(r.Options, r.clock.Now())
	report.Environment = r.environment(ctx)
	for _, id := range order {
		result := report.result(id)
		if ctx.Err() != nil {
			continue
		}
		if r.Started != nil {
			r.Started(result)
		}
		r.try(ctx, result, report)
		if r.Ended != nil {
			r.Ended(result)
		}
	}
	interrupted := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tearDownWithin)
	defer cancel()
	report.Teardown = r.tearDown(ctx)
	report.finish(r.clock.Since(report.Date), interrupted)
	if report.Inconclusive {
		report.LoadAverage = r.Host.Load()
	}
	return report
}

// try carries out one test. What ends it early decides it: a wrong answer fails it, and none in time leaves it open.
func (r *run) try(ctx context.Context, result *Result, report *Report) {
	t := &trial{run: r, result: result}
	result.Started = r.clock.Now().UTC()
	err := tests[result.ID].do(t, ctx)
	// One that failed was carried out too, as far as it could be.
	if result.Ran = ctx.Err() == nil; !result.Ran {
		err = errors.New("interrupted")
	}
	if err != nil {
		t.carried(err, "The procedure is carried out to its end")
	}
	result.Duration = Seconds(r.clock.Since(result.Started))
	result.Passed = result.Ran && result.passed()
	result.Inconclusive = result.Ran && result.inconclusive()
	report.Deviations = append(report.Deviations, t.deviations...)
}

func (r *run) environment(ctx context.Context) Environment {
	e := Environment{
		Program: r.Program, Platform: r.Platform, Image: r.Image, Instance: r.Loop.Instance, Network: network,
		Workspaces: r.Workspaces,
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	// Both were asked before the run began: where they fail now, the tests say so.
	if info, err := r.Loop.Engine.Info(ctx); err == nil {
		e.Engine, e.API, e.OS, e.Arch, e.CPUs = info.Version, info.APIVersion, info.OS, info.Arch, info.CPUs
		e.Address, e.Context = info.Address, info.Context
	}
	if image, err := r.Loop.Engine.Image(ctx, r.Image); err == nil {
		e.ImageID = image.ID
	}
	return e
}
