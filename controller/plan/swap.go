package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// swap puts the new container into force in place of the ones before: stop those, give it the name, start it, remove them. It
// is the second half of a replacement, and the repair of one that was interrupted there.
//
// Nothing that runs is renamed. Engine 20.10 locks up for good when a running container is renamed while another one leaves
// the network: each of the two calls waits for the lock that the other holds.
//
// back says that a failed start leads back to one of those before.
func (in Input) swap(spec v1alpha1.WorkspaceSpec, fresh engine.Container, before []engine.Container) (steps []Step, back bool) {
	starts := spec.State == v1alpha1.StateRunning && !up(fresh)
	var older *engine.Container // The one to start again.
	stops := false
	for i, c := range before {
		down := takeDown(c, in.grace(c))
		if len(down) > 0 {
			down[len(down)-1].Undo = []Step{{Op: OpStart, Container: ref(c)}}
			older, stops = &before[i], true
		} else if i == 0 && starts && c.State == engine.StateExited {
			older = &before[i] // An earlier try stopped it and got no further.
		}
		steps = append(steps, down...)
	}
	names := in.settleNames(fresh, before)
	if !starts {
		return slices.Concat(steps, names.others, names.aside, names.take, names.gone), false
	}
	placed := Ref{ID: fresh.ID, Name: finalName(in.Name)}
	start := Step{Op: OpStart, Container: placed, SetupDue: spec.Setup != "" && fresh.State == engine.StateCreated, Helper: in.volumeHelper(spec, fresh), Commit: true}
	if !names.free || older == nil {
		// There is no way back to what is removed before the start.
		if len(steps) > 0 {
			steps[len(steps)-1].Commit = true
		}
		return slices.Concat(steps, names.others, names.aside, names.take, []Step{start}, names.gone), false
	}
	start.Undo = giveUp(placed, fresh)
	renames := undoable(names.aside)
	if !goesWhenGivenUp(fresh) {
		renames = append(renames, undoable(names.take)...)
	} else {
		renames = append(renames, names.take...)
	}
	into := append(renames, start)
	if !stops {
		into[0].Undo = append(into[0].Undo, in.bringBack(*older, fresh)...)
	}
	if *spec.Init { // Without one it is the engine that executes the command, and its start that fails.
		into[len(into)-1].Commit = false
		into = append(into, Step{Op: OpVerify, Container: placed, Command: spec.Command, Commit: true})
	}
	return slices.Concat(steps, into, names.others, names.gone), true
}

// undoable are renames that are taken back where a later step fails.
func undoable(renames []Step) []Step {
	out := slices.Clone(renames)
	for i, r := range out {
		out[i].Undo = []Step{{Op: OpRename, Container: Ref{ID: r.Container.ID, Name: r.To}, To: r.Container.Name}}
	}
	return out
}

// giveUp undoes a start that failed, before an older container is started again: an engine that reports a failure may have
// started it all the same, and two of a workspace never run at a time. A container that an earlier plan created goes here,
// as one of this plan goes with its create step, so that the next try begins afresh.
func giveUp(placed Ref, fresh engine.Container) []Step {
	steps := []Step{{Op: OpStop, Container: placed}}
	if goesWhenGivenUp(fresh) {
		steps = append(steps, Step{Op: OpRemove, Container: placed, Discard: fresh.State == engine.StateCreated})
	}
	return steps
}

func goesWhenGivenUp(fresh engine.Container) bool { return fresh.ID != "" && neverRan(fresh) }

// bringBack starts an older container that an earlier try stopped, under the workspace's name where that is free again.
func (in Input) bringBack(older, fresh engine.Container) []Step {
	start := Step{Op: OpStart, Container: ref(older)}
	if older.Name == finalName(in.Name) || fresh.Name != finalName(in.Name) || !goesWhenGivenUp(fresh) {
		return []Step{start}
	}
	start.Container.Name = finalName(in.Name)
	return []Step{{Op: OpRename, Container: ref(older), To: finalName(in.Name)}, start}
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
			n.others = append(n.others, Step{Op: OpRemove, Container: ref(c), Discard: c.State == engine.StateCreated})
			continue
		}
		n.aside = append(n.aside, Step{Op: OpRename, Container: ref(c), To: n.away})
		n.gone = append(n.gone, Step{Op: OpRemove, Container: Ref{ID: c.ID, Name: n.away}, Discard: c.State == engine.StateCreated})
	}
	n.free = len(n.aside) == 0 || !held
	if fresh.Name != finalName(in.Name) {
		n.take = []Step{{Op: OpRename, Container: ref(fresh), To: finalName(in.Name)}}
	}
	return n
}
