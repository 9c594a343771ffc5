package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// choice sorts the containers of one workspace by the part that they play.
type choice struct {
	// target is the container that matches the desired spec, or nil.
	target *engine.Container
	// current is what is in force where there is no target: what a replacement replaces.
	current *engine.Container
	// rest is left over from replacements that were interrupted.
	rest []engine.Container
	// dead can only be removed.
	dead []engine.Container
}

// inForce is the container that the workspace is about now.
func (c choice) inForce() *engine.Container {
	if c.target != nil {
		return c.target
	}
	return c.current
}

// resolved replaces a missing manifest by the container's own record while nothing may be removed.
func (in Input) resolved() Input {
	if in.Desired == nil && in.Memory.RemoveRequest != "" {
		return in
	}
	if in.Desired != nil && in.Unapproved != nil {
		return in.heldBack()
	}
	nothingRead := in.Desired != nil && in.Desired.Spec.Image == ""
	if in.Desired != nil && !nothingRead {
		return in
	}
	problem := in.Absent.Held
	if nothingRead {
		problem = in.Desired.Problem
	} else if problem == nil {
		return in
	}
	d := &Desired{FromRecord: true, Paused: in.Memory.Paused, Problem: problem}
	in.Desired = d
	if c := in.pick().current; c != nil {
		record, _ := in.record(*c)
		d.Spec, d.EnvFromHash = record.WorkspaceSpec, record.EnvFromHash
	}
	return in
}

// ours are the containers that may be touched. The labels alone do not say it: docker commit copies them into an image,
// and every container of that image would carry them. So the name must be one that the controller gives, or the id one
// that it remembers.
func (in Input) ours() []engine.Container {
	return slices.DeleteFunc(Claimed(in), func(c engine.Container) bool {
		_, ok := in.record(c)
		return !ok || c.State == engine.StateRemoving
	})
}

// Owned reports whether a container belongs to the workspace that its labels name: also its record can be read. What is not
// owned is no workspace's, whatever its labels say.
func Owned(instance string, m Memory, c engine.Container) bool {
	in := Input{Instance: instance, Name: c.Labels[v1alpha1.LabelWorkspace], Memory: m, Containers: []engine.Container{c}}
	if !v1alpha1.ValidName(in.Name) || len(Claimed(in)) == 0 {
		return false
	}
	_, ok := in.record(c)
	return ok
}

// Claimed are the containers that carry the workspace's labels and one of its names, or are remembered.
func Claimed(in Input) []engine.Container {
	var claimed []engine.Container
	for _, c := range in.Containers {
		labelled := c.Labels[v1alpha1.LabelInstance] == in.Instance && c.Labels[v1alpha1.LabelWorkspace] == in.Name
		if labelled && (givenByUs(c.Name, in.Name) || c.ID == in.Memory.ContainerID) {
			claimed = append(claimed, c)
		}
	}
	return claimed
}

// record is the spec that the container was made from, as changed in place since.
func (in Input) record(c engine.Container) (v1alpha1.AppliedSpec, bool) {
	text := c.Labels[v1alpha1.LabelSpec]
	if in.Memory.ContainerID == c.ID && in.Memory.Applied != "" {
		text = in.Memory.Applied
	}
	if text == "" {
		return v1alpha1.AppliedSpec{}, false
	}
	record, err := v1alpha1.ParseApplied(text)
	return record, err == nil
}

func (in Input) changes(c engine.Container) []v1alpha1.Change {
	record, _ := in.record(c)
	return v1alpha1.Changes(record, in.Desired.applied(), in.Name)
}

// recreates lists the changes that only a new container can make.
func (in Input) recreates(c engine.Container) []v1alpha1.Change {
	fixed := in.fixedLimits(c)
	return slices.DeleteFunc(in.changes(c), func(ch v1alpha1.Change) bool {
		return ch.Class != v1alpha1.ChangeRecreate && (ch.Class != v1alpha1.ChangeInPlace || !fixed)
	})
}

// fixedLimits reports that other limits are wanted than the container's, on an engine that cannot change them.
func (in Input) fixedLimits(c engine.Container) bool {
	if !in.FixedLimits {
		return false
	}
	record, _ := in.record(c)
	return in.effective(limits(defaulted(record.WorkspaceSpec, in.Name))) != in.effective(limits(in.spec()))
}

func (in Input) pick() choice {
	var out choice
	var alive []engine.Container
	for _, c := range in.ours() {
		if c.State == engine.StateDead {
			out.dead = append(out.dead, c)
		} else {
			alive = append(alive, c)
		}
	}
	slices.SortStableFunc(alive, func(a, b engine.Container) int { return in.rank(b) - in.rank(a) })
	chosen := -1
	if in.Desired != nil && in.Desired.Spec.Image != "" {
		chosen = slices.IndexFunc(alive, func(c engine.Container) bool { return len(in.recreateCauses(c)) == 0 })
	}
	switch {
	case chosen >= 0:
		out.target = &alive[chosen]
	case len(alive) > 0:
		chosen = 0
		out.current = &alive[0]
	}
	for i, c := range alive {
		if i != chosen {
			out.rest = append(out.rest, c)
		}
	}
	return out
}

// rank prefers what runs, then what ran, then the workspace's own name. A container whose command was not even found did
// not run.
func (in Input) rank(c engine.Container) int {
	rank := 0
	switch c.State {
	case engine.StateRunning, engine.StatePaused, engine.StateRestarting:
		rank = 20
	case engine.StateExited:
		if exitFault(c) == "" {
			rank = 10
		}
	}
	switch c.Name {
	case finalName(in.Name):
		rank += 3
	case nextName(in.Name):
		rank += 2
	case oldName(in.Name):
		rank++
	}
	return rank
}

func up(c engine.Container) bool {
	return c.State == engine.StateRunning || c.State == engine.StatePaused || c.State == engine.StateRestarting
}

func ref(c engine.Container) Ref { return Ref{ID: c.ID, Name: c.Name} }

// InForce is the container that the workspace is about now, or nil.
func InForce(in Input) *engine.Container { return in.resolved().pick().inForce() }

// RecordedSpec is the spec of the container in force, as far as its record tells.
func RecordedSpec(in Input) (v1alpha1.WorkspaceSpec, bool) {
	c := InForce(in)
	if c == nil {
		return v1alpha1.WorkspaceSpec{}, false
	}
	record, ok := in.record(*c)
	return record.WorkspaceSpec, ok
}
