package plan_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// errCrash ends the simulated controller: it writes nothing any more.
var errCrash = errors.New("crash")

// sim carries out plans on an engine in memory as plainly as their documentation says, and can crash anywhere.
type sim struct {
	*testing.T
	engine  *enginetest.Memory
	clock   *clocktesting.FakeClock
	desired *plan.Desired
	memory  plan.Memory
	// budget is how many more steps and memory writes there are before the crash; negative for no crash.
	budget  int
	created string
	// setupBefore is the container whose setup was pending before the plan started another one.
	setupBefore string
	// existed and removing say which invariants hold.
	existed, removing bool
	log               []string
}

func newSim(t *testing.T) *sim {
	c := clocktesting.NewFakeClock(now)
	m := enginetest.NewMemory(enginetest.Options{Clock: c})
	for _, ref := range []string{"a", "b", "c"} {
		m.AddPullable(ref, enginetest.ImageOptions{Volumes: []string{"/data"}})
	}
	// What an init starts and cannot execute, and what it can and dies.
	m.Program([]string{"nosuch"}, enginetest.Program{Exits: true, ExitCode: 127})
	m.Program([]string{"noexec"}, enginetest.Program{Exits: true, ExitCode: 126})
	m.Program([]string{"dies"}, enginetest.Program{Exits: true, ExitCode: 1})
	return &sim{T: t, engine: m, clock: c, budget: -1}
}

func (s *sim) spend() error {
	if s.budget == 0 {
		return errCrash
	}
	s.budget--
	return nil
}

func (s *sim) input() plan.Input {
	ctx := s.Context()
	list, err := s.engine.List(ctx, instance)
	if err != nil {
		s.Fatal(err)
	}
	in := plan.Input{
		Now: s.clock.Now(), Instance: instance, Name: workspace, Directory: directory, Desired: s.desired, CPUs: 4,
		Memory: s.memory, Containers: list, Absent: plan.Absence{Since: now.Add(-time.Hour), Confirmed: s.clock.Now()},
	}
	needed := map[string]bool{}
	for _, id := range plan.NeedsOf(in).Inspect {
		needed[id] = true
	}
	for i, c := range in.Containers {
		if needed[c.ID] {
			in.Containers[i], _ = s.engine.Get(c.ID)
		}
	}
	if plan.NeedsOf(in).Image {
		_, err := s.engine.Image(ctx, in.Desired.Spec.Image)
		in.ImagePresent = err == nil
	}
	if in.Volumes, err = s.engine.Volumes(ctx, instance); err != nil {
		s.Fatal(err)
	}
	in.Memory = plan.Remember(in)
	return in
}

// pass is one pass: false when there is nothing to do now.
func (s *sim) pass() (plan.Plan, bool, error) {
	in := s.input()
	p := plan.Make(in)
	s.log = append(s.log, p.String())
	if err := s.spend(); err != nil {
		return p, true, err
	}
	s.memory = in.Memory.Planned(p)
	s.created, s.setupBefore = "", ""
	for _, a := range p.Actions {
		if err := s.act(p, a); err != nil {
			return p, true, err
		}
	}
	return p, len(p.Actions) > 0, nil
}

var errGivenUp = errors.New("action failed")

func (s *sim) act(p plan.Plan, a plan.Action) error {
	if s.memory.Repeats(a) {
		s.memory = s.memory.NotTaken(a, p.Key, s.clock.Now())
		return errGivenUp
	}
	s.memory = s.memory.Begin(a)
	for i, step := range a.Steps {
		if err := s.spend(); err != nil {
			return err
		}
		err := s.step(step)
		s.invariants(step)
		switch {
		case errors.Is(err, engine.ErrUnavailable), step.Op == plan.OpCheckStart && errors.Is(err, engine.ErrNotFound):
			return err
		case err != nil:
			s.log = append(s.log, fmt.Sprintf("! %s: %v\n", step, err))
			restarted := ""
			if s.undo(a, i) {
				restarted = s.setupBefore
			}
			s.memory = s.memory.Failed(a, step, err, restarted, p.Key, s.clock.Now())
			return errGivenUp
		}
	}
	if err := s.spend(); err != nil { // A crash between the last step and the memory of it.
		return err
	}
	s.memory = s.memory.Succeeded(a, s.created, p.Key, s.clock.Now())
	return nil
}

// undo ends at a stop that fails, as the controller's does.
func (s *sim) undo(a plan.Action, at int) (back bool) {
	for i := at; i >= 0; i-- {
		if i < at && a.Steps[i].Commit {
			return back
		}
		for _, u := range a.Steps[i].Undo {
			if u.Container.ID == "" && s.created == "" {
				continue
			}
			err := s.step(u)
			s.log = append(s.log, fmt.Sprintf("  undo: %s: %v\n", u, err))
			s.invariants(u)
			if err != nil && u.Op == plan.OpStop {
				return false
			}
			back = back || err == nil && u.Op == plan.OpStart
		}
	}
	return back
}

func (s *sim) step(st plan.Step) error {
	ctx, e := s.Context(), s.engine
	id := st.Container.ID
	if id == "" {
		id = s.created
	}
	switch st.Op {
	case plan.OpPull:
		return e.Pull(ctx, st.Image, nil)
	case plan.OpCreateVolume:
		return e.CreateVolume(ctx, st.Volume, st.Labels)
	case plan.OpRemoveVolume:
		if err := e.RemoveVolume(ctx, st.Volume); !errors.Is(err, engine.ErrInUse) {
			return err
		}
		return nil
	case plan.OpCreate:
		id, err := e.Create(ctx, *st.Create)
		s.created = id
		return err
	case plan.OpStart:
		if st.PendingSetup {
			s.setupBefore = s.memory.PendingSetup
		}
		s.memory = s.memory.Starting(st, id, nil)
		return e.Start(ctx, id)
	case plan.OpStop:
		return e.Stop(ctx, id, st.Grace)
	case plan.OpRename:
		return e.Rename(ctx, id, st.To)
	case plan.OpRemove:
		if st.Discard {
			return e.Discard(ctx, id)
		}
		return e.Remove(ctx, id)
	case plan.OpUpdate:
		return e.Update(ctx, id, st.Limits)
	case plan.OpUnpause:
		return e.Unpause(ctx, id)
	case plan.OpConnect:
		return e.Connect(ctx, id, st.Network)
	case plan.OpSetup:
		_, err := e.Run(ctx, id, st.Command, engine.MarkSetup)
		return err
	case plan.OpCheckStart:
		s.clock.Step(plan.StartCheckAfter)
		c, err := e.Inspect(ctx, id)
		if err != nil {
			return err
		}
		return st.CheckStarted(c)
	}
	return fmt.Errorf("unknown step %q", st.Op)
}

func (s *sim) ours() []engine.Container {
	var ours []engine.Container
	for _, c := range s.engine.All() {
		if c.Labels[v1alpha1.LabelInstance] == instance {
			ours = append(ours, c)
		}
	}
	slices.SortFunc(ours, func(a, b engine.Container) int { return cmp.Compare(a.ID, b.ID) }) // A seed gives one history.
	return ours
}

// invariants hold after each single step.
func (s *sim) invariants(after plan.Step) {
	s.Helper()
	up := 0
	ours := s.ours()
	for _, c := range ours {
		if c.State == engine.StateRunning {
			up++
		}
	}
	s.existed = s.existed || len(ours) > 0
	if s.existed && len(ours) == 0 && !s.removing {
		s.fail("after step %q the workspace has no container", after)
	}
	if up > 1 {
		s.fail("after step %q %d containers of the workspace run", after, up)
	}
}

func (s *sim) fail(format string, args ...any) {
	s.Helper()
	for _, line := range s.log {
		s.Log(line)
	}
	s.Fatalf(format, args...)
}

// maxPasses is what any mess takes: tidying, an action and its failure or two, the last look.
const maxPasses = 12

// converge passes until there is nothing to do; backoffs elapse.
func (s *sim) converge() plan.Plan {
	s.Helper()
	s.budget = -1
	for range maxPasses {
		p, busy, _ := s.pass()
		if busy {
			continue
		}
		if p.Wake.IsZero() {
			return p
		}
		s.clock.SetTime(p.Wake)
	}
	s.fail("not converged after %d passes", maxPasses)
	return plan.Plan{}
}

// converged checks the fixed point and returns the container.
func (s *sim) converged() engine.Container {
	s.Helper()
	if p := s.converge(); !p.Verdict.Ready {
		s.fail("converged, and not ready: %+v", p.Verdict)
	}
	ours := s.ours()
	if len(ours) != 1 {
		s.fail("%d containers: %+v", len(ours), ours)
	}
	c := ours[0]
	state := engine.StateRunning
	if s.desired.Spec.State == v1alpha1.StateStopped {
		state = engine.StateExited
	}
	if c.Name != final || c.State != state && (c.State != engine.StateCreated || state == engine.StateRunning) {
		s.fail("container %s is %s, want %s %s", c.Name, c.State, final, state)
	}
	made, err := specdiff.Parse(c.Labels[v1alpha1.LabelSpec])
	if err != nil {
		s.fail("%v", err)
	}
	for _, change := range specdiff.Changes(made, specdiff.LastApplied{WorkspaceSpec: s.desired.Spec}, workspace) {
		if change.Class == specdiff.Recreate {
			s.fail("container differs: %s", change)
		}
	}
	want := engine.Limits{}
	if q := s.desired.Spec.Resources.Limits.CPU; q != nil {
		want.CPU = q.ScaledValue(-9)
	}
	if c.Details.Limits != want {
		s.fail("limits %+v, want %+v", c.Details.Limits, want)
	}
	return c
}
