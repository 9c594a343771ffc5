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
	// Loop configures the controller under test, with an instance and an empty directory of its own.
	Loop controller.Options
	// Shell and Find are the verb exec's way to a workspace.
	Shell    engine.Shell
	Find     func(ctx context.Context, workspace string) (engine.Container, error)
	Measurer Measurer
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
	// Started and Ended are called with each test; they may be nil.
	Started, Ended func(*Result)
}

// readyTimeout is how long an engine may take to answer before the tests: an engine that hangs still accepts connections.
const readyTimeout = time.Minute

// Check returns why a run with these options cannot begin, or nil if it can. It changes nothing.
func (o Options) Check(ctx context.Context) error {
	if o.Workspaces <= first || o.Workspaces > MaxWorkspaces {
		return fmt.Errorf("%s: want %d to %d", count.Of(o.Workspaces, "workspace"), first+1, MaxWorkspaces)
	}
	if longest := len(o.name(o.Workspaces)); longest > v1alpha1.MaxNameLength {
		return fmt.Errorf("prefix %q: the workspaces' names would have %d characters, at most %d are allowed",
			o.Prefix, longest, v1alpha1.MaxNameLength)
	}
	if faults := validation.IsDNS1123Label(o.name(o.Workspaces)); len(faults) > 0 {
		return fmt.Errorf("prefix %q: %s", o.Prefix, strings.Join(faults, "; "))
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if _, err := o.Loop.Engine.Info(ctx); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the engine does not answer within %s: does `docker info`? %w", readyTimeout, err)
	} else if err != nil {
		return err
	}
	switch _, err := o.Loop.Engine.Image(ctx, o.Image); {
	case errors.Is(err, engine.ErrNotFound), errors.Is(err, engine.ErrImageNotFound):
		return fmt.Errorf("the image %s is not on the engine: run `docker pull %s`, "+
			"or choose with --image one that is there and has busybox's httpd or nc", o.Image, o.Image)
	case err != nil:
		return err
	}
	return o.namesFree(ctx)
}

// namesFree returns an error if a container has the name of a workspace: this run must not remove it.
func (o Options) namesFree(ctx context.Context) error {
	for i := 1; i <= o.Workspaces; i++ {
		c, err := o.Shell.Look(ctx, v1alpha1.ContainerName(o.name(i)))
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if instance := c.Labels[v1alpha1.LabelInstance]; instance != "" {
			return fmt.Errorf("container %s is there already, of instance %q: wait if another verify runs, "+
				"else remove it with `dual-reconciler down --instance %s`, or choose another --prefix", c.Name, instance, instance)
		}
		return fmt.Errorf("container %s is there already, and not owned by an instance: rename or remove it, or choose another --prefix", c.Name)
	}
	return nil
}

// Run runs all tests, even if one fails, and removes everything that it made, even if ctx ends. Check reports beforehand
// whether it can.
func Run(ctx context.Context, o Options) *Report {
	s := &suite{Options: o, env: startController(o)}
	return s.run(ctx)
}

func (o Options) name(i int) string { return fmt.Sprintf("%s-%d", o.Prefix, i) }

// identity is the answer of workspace i on its port.
func identity(i int) string { return fmt.Sprintf("workspace-%02d", i) }

// suite is one run of all tests.
type suite struct {
	Options
	env environment
	// unsettled is set if the workspaces were not brought up in time: what is missing may still come.
	unsettled bool
}

func (s *suite) run(ctx context.Context) *Report {
	report := newReport(s.Options, time.Now())
	report.Environment = s.describe(ctx)
	for n, result := range report.Tests {
		if ctx.Err() != nil {
			break
		}
		if s.Started != nil {
			s.Started(result)
		}
		t := &testCase{Options: s.Options, suite: s, env: s.env, result: result}
		t.carryOut(ctx, specs[n].run)
		report.Deviations = append(report.Deviations, t.deviations...)
		if s.Ended != nil {
			s.Ended(result)
		}
	}
	interrupted := ctx.Err() != nil
	report.Teardown = s.tearDown(ctx)
	report.finish(time.Since(report.Date), interrupted)
	if report.Inconclusive {
		report.LoadAverage = s.Host.Load()
	}
	return report
}

// describe returns what the run takes place on.
func (s *suite) describe(ctx context.Context) Environment {
	e := Environment{
		Program: s.Program, Platform: s.Platform, Image: s.Image, Instance: s.Loop.Instance, Network: network,
		Workspaces: s.Workspaces,
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	// Check has made both calls before. If they fail now, the tests report it.
	if info, err := s.Loop.Engine.Info(ctx); err == nil {
		e.Engine, e.API, e.OS, e.Arch, e.CPUs = info.Version, info.APIVersion, info.OS, info.Arch, info.CPUs
		e.Address, e.Context = info.Address, info.Context
	}
	if image, err := s.Loop.Engine.Image(ctx, s.Image); err == nil {
		e.ImageID = image.ID
	}
	return e
}
