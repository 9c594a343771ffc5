package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// takeDown stops a container that is up, within its grace period: the one that it was created with, or that was
// recorded since. A paused process cannot react to the signal, so it is unpaused first.
func (s *situation) takeDown(c *owned) []Step {
	if !c.up() {
		return nil
	}
	var steps []Step
	if c.State == engine.StatePaused {
		steps = append(steps, Step{Op: OpUnpause, Container: c.ref()})
	}
	grace := time.Duration(*c.recordedSpec(s.Name).TerminationGracePeriodSeconds) * time.Second
	return append(steps, Step{Op: OpStop, Container: c.ref(), Grace: grace})
}

// restart stops a running container and starts it again.
func (s *situation) restart(c *owned) []Step {
	return append(s.takeDown(c), Step{Op: OpStart, Container: c.ref()})
}

// remove removes a container. If it never ran, the anonymous volumes that were made for it are removed, too.
func (c *owned) remove() Step {
	return Step{Op: OpRemove, Container: c.ref(), Discard: c.State == engine.StateCreated}
}

func removeVolumes(names []string) []Step {
	steps := make([]Step, 0, len(names))
	for _, name := range names {
		steps = append(steps, Step{Op: OpRemoveVolume, Volume: name})
	}
	return steps
}

func (s *situation) setup(r Ref, cause string) Action {
	return Action{Kind: KindSetup, Cause: cause, Steps: []Step{{
		Op: OpSetup, Container: r, Command: []string{"sh", "-c", s.spec.Setup}, Timeout: setupLimit(s.spec),
	}}}
}

// noteSources completes the steps that start a container by the sources to note before that.
func (s *situation) noteSources(p *Plan) {
	for _, a := range p.Actions {
		for i := range a.Steps {
			s.noteSourcesOf(&a.Steps[i])
			for j := range a.Steps[i].Undo {
				s.noteSourcesOf(&a.Steps[i].Undo[j])
			}
		}
	}
}

func (s *situation) noteSourcesOf(step *Step) {
	if step.Op == OpStart {
		step.Sources = s.startBinds(step.Container.ID)
	}
}

// startBinds are what a start of a container mounts: what it was created with, or will be.
func (s *situation) startBinds(id string) []Bind {
	i := slices.IndexFunc(s.Containers, func(c engine.Container) bool { return c.ID == id && id != "" })
	if i < 0 || len(s.Containers[i].Binds) == 0 {
		return s.sourceBinds()
	}
	var out []Bind
	for _, b := range s.Containers[i].Binds {
		out = append(out, Bind{Target: b.Target, Path: b.Source})
	}
	return out
}

// volumeHelper is the Helper of the first start of a container whose user may not be root, and that has a named
// volume to write to. An image may set the user, so an unset one may be any.
func (s *situation) volumeHelper(c *owned) string {
	user, _, _ := strings.Cut(s.spec.SecurityContext.User, ":")
	writes := slices.ContainsFunc(s.spec.Mounts, func(m v1alpha1.Mount) bool {
		return m.Type == v1alpha1.MountVolume && !m.ReadOnly
	})
	if c.State != engine.StateCreated || user == "0" || user == "root" || !writes {
		return ""
	}
	return volumesName(s.Name)
}
