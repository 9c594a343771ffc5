package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Trap 14: a crash after every single step, and between a step and the memory of it, is repaired by the next passes,
// whatever is wanted by then.
func TestTrap14CrashAfterEveryStep(t *testing.T) {
	from := want(image("a"), volume("named", "/n"))
	to := want(image("b"), volume("named", "/n"), setup("make"))
	for _, then := range []*plan.Desired{to, from, want(image("c")), want(image("b"), stopped), want(image("a"), stopped)} {
		for budget := range 20 {
			t.Run(fmt.Sprintf("%s %s, crash %d", then.Spec.Image, then.Spec.State, budget), func(t *testing.T) {
				s := newSim(t)
				s.desired = from
				first := s.converged()
				s.desired, s.budget = to, budget
				for range maxPasses {
					if _, busy, err := s.pass(); errors.Is(err, errCrash) || !busy {
						break
					}
				}
				s.desired = then
				last := s.converged()
				if volumeAt(first, "/data") != volumeAt(last, "/data") {
					s.fail("the anonymous volume was lost: %v, then %v", first.Volumes, last.Volumes)
				}
			})
		}
	}
}

func volumeAt(c engine.Container, target string) string {
	for _, v := range c.Volumes {
		if v.Target == target {
			return v.Name
		}
	}
	return ""
}

// A container that does not start never takes the one before it down for good, wherever a crash came between: neither where
// the engine says so, nor where an init starts and finds no command.
func TestTrap14TheOldOneRunsWhereTheNewOneDoesNotStart(t *testing.T) {
	for _, to := range []*plan.Desired{want(image("unstartable")), want(image("b"), command("nosuch")), want(image("b"), command("noexec"))} {
		for budget := range 16 {
			t.Run(fmt.Sprintf("%s %v, crash %d", to.Spec.Image, to.Spec.Command, budget), func(t *testing.T) {
				s := newSim(t)
				s.engine.AddPullable("unstartable", enginetest.ImageOptions{Unstartable: "no such file: sh"})
				s.desired = want(image("a"))
				first := s.converged()
				s.desired, s.budget = to, budget
				for range maxPasses {
					if _, _, err := s.pass(); errors.Is(err, errCrash) {
						break
					}
				}
				s.budget = -1
				for range maxPasses {
					p, busy, _ := s.pass()
					if busy {
						continue
					}
					if c, ok := s.engine.Get(first.ID); !ok || c.State != engine.StateRunning || c.Name != final || len(s.ours()) != 1 {
						s.fail("waiting for the next try, and the old container is %+v, of %d", c, len(s.ours()))
					}
					if !p.Verdict.Stalled || p.Verdict.Reason != v1alpha1.ReasonStartFailed || p.Wake.IsZero() {
						s.fail("verdict %+v, wake %s", p.Verdict, p.Wake)
					}
					if wait := p.Wake.Sub(s.clock.Now()); wait < 15*time.Second {
						s.fail("the old container is stopped again after %s", wait)
					}
					s.clock.SetTime(p.Wake)
				}
				s.desired = want(image("a"))
				if last := s.converged(); last.ID != first.ID {
					s.fail("the container was replaced")
				}
			})
		}
	}
}

func TestRemovalIsRepairedAfterACrashAtEveryStep(t *testing.T) {
	for budget := range 9 {
		t.Run(strconv.Itoa(budget), func(t *testing.T) {
			s := newSim(t)
			s.desired = want(image("a"), volume("named", "/n"), reclaim)
			first := s.converged()
			s.desired, s.removing, s.budget = nil, true, budget
			for range maxPasses {
				if _, busy, err := s.pass(); errors.Is(err, errCrash) || !busy {
					break
				}
			}
			s.converge()
			if ours := s.ours(); len(ours) > 0 {
				s.fail("left: %+v", ours)
			}
			for _, v := range []string{"named", volumeAt(first, "/data")} {
				if s.engine.HasVolume(v) {
					s.fail("volume %s is left", v)
				}
			}
		})
	}
}

// TestRandomHistories drives random specs, crashes, engine faults and other people's operator, and then lets it converge.
// SEED repeats one.
func TestRandomHistories(t *testing.T) {
	seeds, first := int64(300), int64(1)
	if raceDetector {
		seeds = 60 // The planner has no goroutines: make test runs all seeds without the detector.
	}
	if v := os.Getenv("SEED"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds, first = 1, n
	}
	for seed := first; seed < first+seeds; seed++ {
		t.Run(fmt.Sprintf("SEED=%d", seed), func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			s := newSim(t)
			s.engine.OnCall(randomFaults(r, s))
			for range 1 + r.Intn(6) {
				s.desired = randomDesired(r)
				for range r.Intn(5) {
					s.budget = -1
					if r.Intn(2) == 0 {
						s.budget = r.Intn(12)
					}
					if p, busy, _ := s.pass(); !busy && !p.Wake.IsZero() {
						s.clock.SetTime(p.Wake)
					}
					if r.Intn(4) == 0 {
						s.memory = plan.Memory{} // The state directory is lost.
					}
					meddle(r, s)
				}
			}
			s.engine.OnCall(nil)
			s.desired.Spec.Command = nil
			s.desired.Spec.State = [...]v1alpha1.State{"", v1alpha1.StateStopped}[r.Intn(2)]
			s.converged()
		})
	}
}

func randomDesired(r *rand.Rand) *plan.Desired {
	d := want(image([]string{"a", "b", "c"}[r.Intn(3)]))
	if r.Intn(3) == 0 {
		stopped(&d.Spec)
	}
	if r.Intn(3) == 0 {
		setup("make")(&d.Spec)
	}
	if r.Intn(4) == 0 {
		command([]string{"nosuch", "noexec", "dies"}[r.Intn(3)])(&d.Spec)
	}
	if n := r.Intn(4); n > 0 {
		q := resource.MustParse(strconv.Itoa(n))
		d.Spec.Resources.Limits.CPU = &q
	}
	if r.Intn(4) == 0 {
		restartPolicy(v1alpha1.RestartOnFailure)(&d.Spec)
	}
	if r.Intn(3) == 0 {
		volume("named", "/n")(&d.Spec)
	}
	return d
}

// randomFaults fail one call in six, before or after it took effect, and sometimes as if the engine had gone away.
func randomFaults(r *rand.Rand, s *sim) func(enginetest.Call) error {
	return func(c enginetest.Call) error {
		if r.Intn(12) > 0 {
			return nil
		}
		err := fmt.Errorf("%s: somebody tripped over the cable", c.Op)
		if r.Intn(3) == 0 {
			err = fmt.Errorf("%s: %w", c.Op, engine.ErrUnavailable)
		}
		s.log = append(s.log, fmt.Sprintf("fault %s %s: %v\n", c.Phase, c, err))
		return err
	}
}

// meddle is what somebody does to a container by hand.
func meddle(r *rand.Rand, s *sim) {
	ours := s.ours()
	if len(ours) == 0 {
		return
	}
	id := ours[0].ID
	operator := s.engine.Operator()
	n := r.Intn(8)
	s.log = append(s.log, fmt.Sprintf("by hand %d on %s %s\n", n, ours[0].Name, ours[0].State))
	switch n {
	case 0:
		_ = operator.Stop(id)
	case 1:
		_ = operator.Exit(id, 1)
	case 2:
		if ours[0].Name == final && s.memory.ContainerID == id {
			_ = operator.Rename(id, "mine")
			_ = operator.Rename(id, final) // A lost memory would not know it any more under another name.
		}
	case 3:
		_ = operator.Disconnect(id, "bridge")
	case 4:
		if ours[0].State == engine.StateRunning {
			_ = operator.Pause(id)
		}
	}
}

// Make is pure: equal inputs give equal plans, and the input stays as it is.
func TestMakeIsPure(t *testing.T) {
	for seed := range int64(100) {
		r := rand.New(rand.NewSource(seed))
		s := newSim(t)
		s.desired = randomDesired(r)
		for range 3 {
			s.budget = r.Intn(6)
			_, _, _ = s.pass()
			s.desired = randomDesired(r)
		}
		in := s.input()
		if r.Intn(4) == 0 {
			in.Desired = nil
		}
		before, again := deepCopy(in), deepCopy(in)
		one, two := plan.Make(in), plan.Make(again)
		if diff := cmp.Diff(one, two); diff != "" {
			t.Errorf("seed %d: two plans of one input (-first +second):\n%s", seed, diff)
		}
		_, _ = plan.Remember(in), plan.NeedsOf(in)
		_, _ = plan.Current(in)
		if diff := cmp.Diff(before, in); diff != "" {
			t.Errorf("seed %d: the input was changed:\n%s", seed, diff)
		}
	}
}

// deepCopy shares nothing that a planner could write to.
func deepCopy(in plan.Input) plan.Input {
	out := in
	if in.Desired != nil {
		d := *in.Desired
		d.Spec = *in.Desired.Spec.DeepCopy()
		out.Desired = &d
	}
	out.Containers = slices.Clone(in.Containers)
	for i, c := range in.Containers {
		if c.Details != nil {
			d := *c.Details
			c.Details = &d
		}
		c.Volumes = slices.Clone(c.Volumes)
		c.Labels, c.Networks = maps.Clone(c.Labels), maps.Clone(c.Networks)
		out.Containers[i] = c
	}
	out.Volumes = slices.Clone(in.Volumes)
	return out
}
