package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// situation is everything that the planner derives from an Input. assess computes it once, and everything else reads
// it.
type situation struct {
	// Input with the effective desired state: the current container's record, if there is no manifest that can be
	// followed.
	Input
	// spec is the desired spec with every default; zero if Desired is nil.
	spec v1alpha1.WorkspaceSpec
	// owned are the containers that may be touched, in the order of the input.
	owned []*owned
	// target is the container that matches the desired spec, or nil.
	target *owned
	// current is the container that the workspace is about now: the target, or else what a replacement replaces; or
	// nil.
	current *owned
	// leftovers are the other containers, from replacements that were interrupted.
	leftovers []*owned
	// dead are those that can only be removed.
	dead []*owned
	// removing is set if the engine is removing a container of the workspace.
	removing bool
	// failureKey is computed by key.
	failureKey string
}

// owned is a container that belongs to the workspace.
type owned struct {
	engine.Container
	// record is the spec that it was created from, as changed in place since.
	record specdiff.LastApplied
	// changes lead from the record to the desired spec, and recreate are the reasons why only a new container makes
	// what is desired. Both are computed for the current container.
	changes  []specdiff.Change
	recreate []string
}

func assess(in Input) *situation {
	s := &situation{Input: in}
	var alive []*owned
	for _, container := range Claimed(in) {
		record, readable := in.record(container)
		switch c := (&owned{Container: container, record: record}); {
		case c.State == engine.StateRemoving:
			s.removing = true
		case !readable:
		case c.State == engine.StateDead:
			s.owned, s.dead = append(s.owned, c), append(s.dead, c)
		default:
			s.owned, alive = append(s.owned, c), append(alive, c)
		}
	}
	slices.SortStableFunc(alive, func(a, b *owned) int { return b.rank(in.Name) - a.rank(in.Name) })
	if len(alive) > 0 {
		s.current = alive[0]
	}
	s.resolve()
	if s.Desired != nil {
		s.spec = defaulted(s.Desired.Spec, s.Name)
		s.findTarget(alive)
	}
	for _, c := range alive {
		if c != s.current {
			s.leftovers = append(s.leftovers, c)
		}
	}
	return s
}

// resolve makes the record of the current container the desired state, if removals are held, if the manifest could
// not be read since the controller started, or if it waits for an approval.
func (s *situation) resolve() {
	d := &Desired{FromRecord: true, Paused: s.Memory.Paused}
	switch {
	case s.Desired == nil && (s.Memory.RemoveRequest != "" || s.Absent.Held == nil):
		return
	case s.Desired == nil:
		d.Problem = s.Absent.Held
	case s.Unapproved != nil:
		d.Paused, d.Problem = s.Desired.Paused, &s.Unapproved.Problem
	case s.Desired.Spec.Image == "":
		d.Problem = s.Desired.Problem
	default:
		return
	}
	if s.current != nil {
		d.Spec, d.EnvFromHash = s.current.record.WorkspaceSpec, s.current.record.EnvFromHash
	}
	s.Desired = d
}

// findTarget finds the first container that matches the desired spec.
func (s *situation) findTarget(alive []*owned) {
	if s.Desired.Spec.Image == "" {
		return
	}
	desired := s.Desired.applied()
	for _, c := range alive {
		c.changes = specdiff.Changes(c.record, desired, s.Name)
		if c.recreate = s.recreateCauses(c); len(c.recreate) == 0 {
			s.target, s.current = c, c
			return
		}
	}
}

// Owned reports whether a container belongs to the workspace that its labels name, and its record can be read. What
// is not owned belongs to no workspace, whatever its labels say.
func Owned(instance string, m Memory, c engine.Container) bool {
	in := Input{Instance: instance, Name: c.Labels[v1alpha1.LabelWorkspace], Memory: m, Containers: []engine.Container{c}}
	if !v1alpha1.ValidName(in.Name) || len(Claimed(in)) == 0 {
		return false
	}
	_, ok := in.record(c)
	return ok
}

// Claimed returns the containers that carry the workspace's labels and one of its names, or are remembered. The
// labels alone do not decide: docker commit copies them into an image, and every container of that image carries
// them.
func Claimed(in Input) []engine.Container {
	var claimed []engine.Container
	for _, c := range in.Containers {
		labelled := c.Labels[v1alpha1.LabelInstance] == in.Instance && c.Labels[v1alpha1.LabelWorkspace] == in.Name
		if labelled && (isGivenName(c.Name, in.Name) || c.ID == in.Memory.ContainerID) {
			claimed = append(claimed, c)
		}
	}
	return claimed
}

// Current returns the container that the workspace is about now with its last-applied spec; nil if there is none.
func Current(in Input) (*engine.Container, specdiff.LastApplied) { return assess(in).lastApplied() }

func (s *situation) lastApplied() (*engine.Container, specdiff.LastApplied) {
	if s.current == nil {
		return nil, specdiff.LastApplied{}
	}
	return &s.current.Container, s.current.record
}

// record is the spec that a container was created from, as changed in place since.
func (in Input) record(c engine.Container) (specdiff.LastApplied, bool) {
	text := c.Labels[v1alpha1.LabelSpec]
	if in.Memory.ContainerID == c.ID && in.Memory.Applied != "" {
		text = in.Memory.Applied
	}
	if text == "" {
		return specdiff.LastApplied{}, false
	}
	record, err := specdiff.Parse(text)
	return record, err == nil
}

// rank prefers what runs, then what ran, then the workspace's own name. A container whose command was not even found
// did not run.
func (c *owned) rank(workspace string) int {
	rank := 0
	switch {
	case c.up():
		rank = 20
	case c.State == engine.StateExited && c.exitFault() == "":
		rank = 10
	}
	switch c.Name {
	case finalName(workspace):
		rank += 3
	case nextName(workspace):
		rank += 2
	case oldName(workspace):
		rank++
	}
	return rank
}

func (c *owned) up() bool {
	return c.State == engine.StateRunning || c.State == engine.StatePaused || c.State == engine.StateRestarting
}

func (c *owned) ref() Ref { return Ref{ID: c.ID, Name: c.Name} }

// recordedSpec is the recorded spec with every default.
func (c *owned) recordedSpec(workspace string) v1alpha1.WorkspaceSpec {
	return defaulted(c.record.WorkspaceSpec, workspace)
}
