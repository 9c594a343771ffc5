package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// swap puts the new container in the place of the previous ones. It is the second half of a replacement, and the
// repair of one that was interrupted there. back reports whether a failed start leads back to a previous container.
//
// Nothing that runs is renamed. Engine 20.10 locks up for good when a running container is renamed while another one
// leaves the network: each of the two calls waits for the lock that the other holds.
//
// There are four sequences. "others" are previous containers that do not hold the workspace's name, "holder" is the
// one that does. A step is followed by its undo in parentheses; [commit] is the step after which nothing before it is
// undone.
//
//	no start:      the new container runs already, or spec.state is Stopped.
//	               stop, remove others, holder → .old, new → name, remove holder
//	no way back:   nothing can be started again, or others are removed before the start: one holds the name .old.
//	               stop [commit], remove others, holder → .old, new → name, start, remove holder
//	checked start: spec.init is set, and only the init finds out that the command does not exist.
//	               stop (start), holder → .old (→ name), new → name (→ .next), start (stop), check [commit],
//	               remove others, remove holder
//	plain start:   the engine itself executes the command.
//	               stop (start), holder → .old (→ name), new → name (→ .next), start (stop) [commit],
//	               remove others, remove holder
func (s *situation) swap(fresh *owned, previous []*owned) (steps []Step, back bool) {
	starts := s.spec.State == v1alpha1.StateRunning && !fresh.up()
	stops, fallback := s.stopPrevious(previous, starts)
	names := s.settleNames(fresh, previous)
	if !starts {
		return slices.Concat(stops, names.others, names.aside, names.take, names.gone), false
	}
	placed := Ref{ID: fresh.ID, Name: finalName(s.Name)}
	first := s.spec.Setup != "" && fresh.State == engine.StateCreated
	start := Step{Op: OpStart, Container: placed, PendingSetup: first, Helper: s.volumeHelper(fresh), Commit: true}
	if fallback == nil || !names.free {
		if len(stops) > 0 {
			stops[len(stops)-1].Commit = true
		}
		return slices.Concat(stops, names.others, names.aside, names.take, []Step{start}, names.gone), false
	}
	start.Undo = giveUp(placed, fresh)
	into := undoable(names.aside)
	if fresh.goesWhenGivenUp() {
		into = append(into, names.take...)
	} else {
		into = append(into, undoable(names.take)...)
	}
	into = append(into, start)
	if len(stops) == 0 {
		into[0].Undo = append(into[0].Undo, s.bringBack(fallback, fresh)...)
	}
	if *s.spec.Init {
		into[len(into)-1].Commit = false
		into = append(into, Step{Op: OpCheckStart, Container: placed, Command: s.spec.Command, Commit: true})
	}
	return slices.Concat(stops, into, names.others, names.gone), true
}

// stopPrevious stops the previous containers. fallback is the one to start again if the new one does not start; nil
// for none.
func (s *situation) stopPrevious(previous []*owned, starts bool) (steps []Step, fallback *owned) {
	for i, c := range previous {
		down := s.takeDown(c)
		if len(down) > 0 {
			down[len(down)-1].Undo = []Step{{Op: OpStart, Container: c.ref()}}
			fallback = c
		} else if i == 0 && starts && c.State == engine.StateExited {
			fallback = c // An earlier try stopped it and got no further.
		}
		steps = append(steps, down...)
	}
	return steps, fallback
}

// undoable are renames that are taken back if a later step fails.
func undoable(renames []Step) []Step {
	out := slices.Clone(renames)
	for i, r := range out {
		out[i].Undo = []Step{{Op: OpRename, Container: Ref{ID: r.Container.ID, Name: r.To}, To: r.Container.Name}}
	}
	return out
}

// giveUp undoes a start that failed, before a previous container is started again: an engine that reports a failure
// may have started it all the same, and two of a workspace never run at a time. A container that an earlier plan
// created is removed here, as one of this plan is removed with its create step, so that the next try begins anew.
func giveUp(placed Ref, fresh *owned) []Step {
	steps := []Step{{Op: OpStop, Container: placed}}
	if fresh.goesWhenGivenUp() {
		steps = append(steps, Step{Op: OpRemove, Container: placed, Discard: fresh.State == engine.StateCreated})
	}
	return steps
}

// goesWhenGivenUp reports whether an earlier plan created the container, and nothing was ever done in it.
func (c *owned) goesWhenGivenUp() bool {
	return c.ID != "" && (c.State == engine.StateCreated || c.exitFault() != "")
}

// bringBack starts a previous container that an earlier try stopped, under the workspace's name if that is free again.
func (s *situation) bringBack(previous, fresh *owned) []Step {
	start := Step{Op: OpStart, Container: previous.ref()}
	if previous.Name == finalName(s.Name) || fresh.Name != finalName(s.Name) || !fresh.goesWhenGivenUp() {
		return []Step{start}
	}
	start.Container.Name = finalName(s.Name)
	return []Step{{Op: OpRename, Container: previous.ref(), To: finalName(s.Name)}, start}
}

// naming are the steps that give the new container the workspace's name and remove the previous ones.
type naming struct {
	// others removes the previous containers that do not hold the name.
	others []Step
	// aside renames the one that holds it, take gives the name to the new one, and gone removes the one that was
	// renamed.
	aside, take, gone []Step
	// free is set if the name that the holder gets is free before others are removed.
	free bool
}

// settleNames renames the holder of the workspace's name right before the new container takes it, so that the name is
// free for no longer than that takes.
func (s *situation) settleNames(fresh *owned, previous []*owned) naming {
	away := oldName(s.Name)
	if fresh.Name == away { // An interrupted replacement whose previous container is desired again.
		away = nextName(s.Name)
	}
	var n naming
	held := false
	for _, c := range previous {
		if c.Name != finalName(s.Name) {
			held = held || c.Name == away
			n.others = append(n.others, c.remove())
			continue
		}
		n.aside = append(n.aside, Step{Op: OpRename, Container: c.ref(), To: away})
		gone := c.remove()
		gone.Container.Name = away
		n.gone = append(n.gone, gone)
	}
	n.free = len(n.aside) == 0 || !held
	if fresh.Name != finalName(s.Name) {
		n.take = []Step{{Op: OpRename, Container: fresh.ref(), To: finalName(s.Name)}}
	}
	return n
}
