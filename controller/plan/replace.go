package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// planNew creates the first container, or replaces the current one. While that has to wait, the current one is kept
// converged on its own record: a typo in an image never takes a workspace down.
func (s *situation) planNew(p *Plan) {
	kind, cause := KindCreate, "no container"
	p.Verdict = Verdict{Reason: v1alpha1.ReasonPending, Message: Text{"waiting to be created"}}
	if s.current != nil {
		kind, cause = KindRecreate, strings.Join(s.current.recreate, ", ")
	} else if len(s.dead) > 0 {
		kind, cause = KindRecreate, "the engine reports the container as dead"
	}
	if kind == KindRecreate {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonReplacing, Message: Text{cause}}
	}
	wait, waits := s.mustWait(kind)
	if !waits {
		s.replace(p, kind, cause)
		return
	}
	if s.current != nil {
		recorded, record := s.Input, s.current.record
		recorded.Desired = &Desired{
			Spec: record.WorkspaceSpec, EnvFromHash: record.EnvFromHash, Missing: s.Desired.Missing, FromRecord: true,
		}
		previous := assess(recorded)
		p.Key, p.WaitingKey = previous.key(), p.Key
		previous.converge(p)
		wait.Message = wait.Message.and("; keeping the previous container: ", p.Verdict.Message)
	}
	p.Verdict = wait
	p.wake(wait.NextTry)
}

// mustWait reports why no container can be created now.
func (s *situation) mustWait(kind Kind) (Verdict, bool) {
	if len(s.Desired.Missing) > 0 {
		return Verdict{
			Reason: v1alpha1.ReasonSourceNotFound, Stalled: true,
			Message: textf("waiting for %s to exist on the host", printable.Line(strings.Join(s.Desired.Missing, ", "))),
		}, true
	}
	if f := s.Memory.Failures[kind]; f.waits(s.key(), s.Now) {
		return f.verdict(), true
	}
	if v, taken := s.nameTaken(); taken {
		return v, true
	}
	if s.spec.ImagePullPolicy == v1alpha1.PullNever && !s.ImagePresent {
		return Verdict{
			Reason: v1alpha1.ReasonImagePullFailed, Stalled: true, NextTry: s.Now.Add(10 * time.Second),
			Message: textf("image %s is not present, and imagePullPolicy is Never: pull or build it, or change the policy",
				s.Desired.Spec.Image),
		}, true
	}
	return Verdict{}, false
}

// replace plans a new container. Everything that can fail for long (the pull, the creation) happens while the current
// one still runs; only then is that stopped, and started again if the new one does not start.
func (s *situation) replace(p *Plan, kind Kind, cause string) {
	git, gains := s.gitDirectory()
	if gains != "" {
		cause += ", " + gains
	}
	record := s.Desired.applied()
	record.GitDirectory = git
	applied, err := record.Canonical()
	if err != nil {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonCreateFailed, Message: Text{err.Error()}, Stalled: true}
		return
	}
	a := Action{Kind: kind, Cause: cause, Applied: applied}

	// Leftovers may hold the names that are needed now. None of them is the current container.
	for _, c := range s.leftovers {
		a.Steps = append(append(a.Steps, s.takeDown(c)...), c.remove())
	}
	previous := s.dead
	prepare := s.prepare()
	if s.current != nil {
		a.Sources = identities(s.due(s.current))
		current := *s.current // A copy, as the steps before the swap leave it.
		previous = append([]*owned{&current}, previous...)
		if current.Name == nextName(s.Name) {
			a.Steps = append(a.Steps, Step{Op: OpRename, Container: current.ref(), To: finalName(s.Name)})
			current.Name = finalName(s.Name)
		}
		if s.leftDown() && slices.ContainsFunc(prepare, func(st Step) bool { return st.Op == OpPull }) {
			a.Steps = append(a.Steps, Step{Op: OpStart, Container: current.ref()})
			current.State = engine.StateRunning
		}
	}
	fresh := &owned{Container: engine.Container{Name: finalName(s.Name), State: engine.StateCreated}}
	if len(previous) > 0 {
		fresh.Name = nextName(s.Name)
	}
	create := Step{Op: OpCreate, Container: fresh.ref(), Create: s.containerSpec(fresh.Name, applied, git, previous)}
	swap, back := s.swap(fresh, previous)
	// Without a way back, the undo of a late failure would remove the only container that is left.
	if back {
		create.Undo = []Step{{Op: OpRemove, Container: fresh.ref(), Discard: true}}
	}
	a.Steps = slices.Concat(a.Steps, prepare, []Step{create}, swap)
	p.add(a)
	if s.spec.Setup != "" && s.spec.State == v1alpha1.StateRunning {
		p.add(s.setup(Ref{Name: finalName(s.Name)}, "new container"))
	}
}

// leftDown reports whether an interrupted replacement stopped the current container and got no further: a pull for
// the next one may take long, and the current one is to run meanwhile.
func (s *situation) leftDown() bool {
	if s.current.State != engine.StateExited || len(s.leftovers) == 0 || s.current.exitFault() != "" {
		return false
	}
	was := s.current.recordedSpec(s.Name)
	return s.spec.State == v1alpha1.StateRunning && was.State == v1alpha1.StateRunning &&
		was.RestartPolicy == v1alpha1.RestartAlways
}

// prepare makes what the container needs: its image and its named volumes. A volume that exists is left as it is.
func (s *situation) prepare() []Step {
	var steps []Step
	asked := s.Memory.Recreate != nil && s.Memory.Recreate.Pull
	if s.spec.ImagePullPolicy == v1alpha1.PullAlways || !s.ImagePresent || asked {
		steps = append(steps, Step{Op: OpPull, Image: s.spec.Image, Policy: s.spec.ImagePullPolicy})
	}
	for _, m := range s.spec.Mounts {
		if m.Type == v1alpha1.MountVolume {
			steps = append(steps, Step{Op: OpCreateVolume, Volume: m.Name, Labels: s.labels(map[string]string{})})
		}
	}
	return steps
}
