package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// swap puts the new container into force in place of the ones before: stop those, start it, give it the name, remove them.
// It is the second half of a replacement, and the repair of one that was interrupted there.
func (in Input) swap(spec v1alpha1.WorkspaceSpec, fresh engine.Container, before []engine.Container) []Step {
	var steps []Step
	want := spec.State == v1alpha1.StateRunning
	starts := want && !up(fresh)
	start := Step{Op: OpStart, Container: ref(fresh), SetupDue: spec.Setup != "" && fresh.State == engine.StateCreated, Commit: true}
	var older *engine.Container // The one to start again.
	for i, c := range before {
		down := takeDown(c, in.grace(c))
		bringBack := Step{Op: OpStart, Container: ref(c)}
		if len(down) > 0 {
			down[len(down)-1].Undo = []Step{bringBack}
			start.Undo = giveUp(fresh)
			older = &before[i]
		} else if i == 0 && starts && c.State == engine.StateExited {
			// An earlier try stopped it and got no further.
			start.Undo = append(giveUp(fresh), bringBack)
			older = &before[i]
		}
		steps = append(steps, down...)
	}
	if starts {
		steps = append(steps, start)
	}
	names := in.settleNames(fresh, before)
	// Without an init it is the engine that executes the command, and its start that fails.
	if !starts || !*spec.Init || older == nil || !names.free {
		return append(steps, slices.Concat(names.others, names.aside, names.take, names.gone)...)
	}
	verify := in.verify(spec, fresh, *older, names)
	return append(steps, slices.Concat(names.aside, names.take, []Step{verify}, names.others, names.gone)...)
}

// giveUp undoes a start that failed, before an older container is started again: an engine that reports a failure may have
// started it all the same, and two of a workspace never run at a time. A container that an earlier plan created goes here,
// as one of this plan goes with its create step, so that the next try begins afresh.
func giveUp(fresh engine.Container) []Step {
	steps := []Step{{Op: OpStop, Container: ref(fresh)}}
	if fresh.ID != "" && neverRan(fresh) {
		steps = append(steps, Step{Op: OpRemove, Container: ref(fresh)})
	}
	return steps
}

// naming are the steps that give the new container the workspace's name and remove the ones before.
type naming struct {
	// others removes those before that do not hold the name, aside lets the one that does step aside to away, take gives the
	// name to the new one, and gone removes the one that stepped aside.
	others, aside, take, gone []Step
	away                      string
	// free says that the name to step aside to is free before others are removed.
	free bool
}

// settleNames lets the one that holds the workspace's name step aside, so that the name is free for no longer than it takes to
// rename.
func (in Input) settleNames(fresh engine.Container, before []engine.Container) naming {
	n := naming{away: oldName(in.Name)}
	if fresh.Name == n.away { // An interrupted replacement whose old one is wanted again.
		n.away = nextName(in.Name)
	}
	held := false
	for _, c := range before {
		if c.Name != finalName(in.Name) {
			held = held || c.Name == n.away
			n.others = append(n.others, Step{Op: OpRemove, Container: ref(c)})
			continue
		}
		n.aside = append(n.aside, Step{Op: OpRename, Container: ref(c), To: n.away})
		n.gone = append(n.gone, Step{Op: OpRemove, Container: Ref{ID: c.ID, Name: n.away}})
	}
	n.free = len(n.aside) == 0 || !held
	if fresh.Name != finalName(in.Name) {
		n.take = []Step{{Op: OpRename, Container: ref(fresh), To: finalName(in.Name)}}
	}
	return n
}
