package plan

import (
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// replace plans a new container. Everything that can fail for long (the pull, the creation) happens while the one in force
// still runs; only then is that stopped, and started again if the new one does not start.
func (in Input) replace(p *Plan, kind Kind, cause string, c choice) {
	spec := in.spec()
	applied, err := in.Desired.applied().Canonical()
	if err != nil {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonCreateFailed, Message: err.Error(), Stalled: true}
		return
	}
	a := Action{Kind: kind, Cause: cause, Applied: applied}
	before := c.dead
	if c.current != nil {
		before = append([]engine.Container{*c.current}, before...)
	}

	// Leftovers may hold the names that are needed now. None of them is in force.
	current := ref(engine.Container{})
	if c.current != nil {
		current = ref(*c.current)
	}
	for _, left := range c.rest {
		a.Steps = append(a.Steps, takeDown(left, in.grace(left))...)
		a.Steps = append(a.Steps, Step{Op: OpRemove, Container: ref(left)})
	}
	if c.current != nil && current.Name == nextName(in.Name) {
		a.Steps = append(a.Steps, Step{Op: OpRename, Container: current, To: finalName(in.Name)})
		current.Name = finalName(in.Name)
		before[0].Name = current.Name
	}

	a.Steps = append(a.Steps, in.prepare(spec)...)
	fresh := Ref{Name: finalName(in.Name)}
	if len(before) > 0 {
		fresh.Name = nextName(in.Name)
	}
	create := Step{Op: OpCreate, Container: fresh, Create: in.containerSpec(spec, fresh.Name, applied, before)}
	// Where nothing is started nothing shows that the new one is good or bad, and the undo of a late failure would remove
	// the only container that is left.
	if c.current != nil && spec.State == v1alpha1.StateRunning {
		create.Undo = []Step{{Op: OpRemove, Container: fresh}}
	}
	a.Steps = append(a.Steps, create)
	a.Steps = append(a.Steps, in.swap(spec, engine.Container{Name: fresh.Name, State: engine.StateCreated}, before)...)
	p.add(a)
	if spec.Setup != "" && spec.State == v1alpha1.StateRunning {
		p.add(in.setup(spec, Ref{Name: finalName(in.Name)}, "new container"))
	}
}

// prepare makes what the container needs: its image and its named volumes. A volume that exists is left as it is.
func (in Input) prepare(spec v1alpha1.WorkspaceSpec) []Step {
	var steps []Step
	if spec.ImagePullPolicy == v1alpha1.PullAlways || !in.ImagePresent {
		steps = append(steps, Step{Op: OpPull, Image: spec.Image})
	}
	for _, m := range spec.Mounts {
		if m.Type == v1alpha1.MountVolume {
			steps = append(steps, Step{Op: OpCreateVolume, Volume: m.Name, Labels: map[string]string{
				v1alpha1.LabelInstance:  in.Instance,
				v1alpha1.LabelWorkspace: in.Name,
			}})
		}
	}
	return steps
}

// swap puts the new container into force in place of the ones before: stop those, start it, give it the name, remove them.
// It is the second half of a replacement, and the repair of one that was interrupted there.
func (in Input) swap(spec v1alpha1.WorkspaceSpec, fresh engine.Container, before []engine.Container) []Step {
	var steps []Step
	want := spec.State == v1alpha1.StateRunning
	starts := want && !up(fresh)
	start := Step{Op: OpStart, Container: ref(fresh), SetupDue: spec.Setup != "" && fresh.State == engine.StateCreated, Commit: true}
	for i, c := range before {
		down := takeDown(c, in.grace(c))
		bringBack := Step{Op: OpStart, Container: ref(c)}
		if len(down) > 0 {
			down[len(down)-1].Undo = []Step{bringBack}
			start.Undo = giveUp(fresh)
		} else if i == 0 && starts && c.State == engine.StateExited {
			// An earlier try stopped it and got no further.
			start.Undo = append(giveUp(fresh), bringBack)
		}
		steps = append(steps, down...)
	}
	if starts {
		steps = append(steps, start)
	}
	return append(steps, in.settleNames(fresh, before)...)
}

// giveUp undoes a start that failed, before an older container is started again: an engine that reports a failure may have
// started it all the same, and two of a workspace never run at a time. A container that an earlier plan created goes here,
// as one of this plan goes with its create step, so that the next try begins afresh.
func giveUp(fresh engine.Container) []Step {
	steps := []Step{{Op: OpStop, Container: ref(fresh)}}
	if fresh.ID != "" && fresh.State == engine.StateCreated {
		steps = append(steps, Step{Op: OpRemove, Container: ref(fresh)})
	}
	return steps
}

// settleNames removes the containers before and gives the new one the workspace's name. The one that holds that name steps
// aside first, so that the name is free for no longer than it takes to rename.
func (in Input) settleNames(fresh engine.Container, before []engine.Container) []Step {
	var steps, aside, gone []Step
	away := oldName(in.Name)
	if fresh.Name == away { // An interrupted replacement whose old one is wanted again.
		away = nextName(in.Name)
	}
	for _, c := range before { // Those with other names go first: one of them may hold the name to step aside to.
		if c.Name != finalName(in.Name) {
			steps = append(steps, Step{Op: OpRemove, Container: ref(c)})
			continue
		}
		aside = append(aside, Step{Op: OpRename, Container: ref(c), To: away})
		gone = append(gone, Step{Op: OpRemove, Container: Ref{ID: c.ID, Name: away}})
	}
	steps = append(steps, aside...)
	if fresh.Name != finalName(in.Name) {
		steps = append(steps, Step{Op: OpRename, Container: ref(fresh), To: finalName(in.Name)})
	}
	return append(steps, gone...)
}

// takeDown stops a container that is up. A frozen process cannot react to the signal, so it is thawed first.
func takeDown(c engine.Container, grace time.Duration) []Step {
	if !up(c) {
		return nil
	}
	var steps []Step
	if c.State == engine.StatePaused {
		steps = append(steps, Step{Op: OpUnpause, Container: ref(c)})
	}
	return append(steps, Step{Op: OpStop, Container: ref(c), Grace: grace})
}

// grace is the container's own: the one that it was made with, or that was recorded since.
func (in Input) grace(c engine.Container) time.Duration {
	record, _ := in.record(c)
	spec := defaulted(record.WorkspaceSpec, in.Name)
	return time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
}

func (in Input) setup(spec v1alpha1.WorkspaceSpec, r Ref, cause string) Action {
	return Action{Kind: KindSetup, Cause: cause, Steps: []Step{{Op: OpSetup, Container: r, Command: []string{"sh", "-c", spec.Setup}}}}
}
