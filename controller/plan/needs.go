package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Needs is what the planner must still know about a workspace. Each answer may need another one, in the order of the
// fields: add it to the Input and ask again. A converged workspace needs nothing but its binds.
type Needs struct {
	// Binds whose sources are to be inspected, for Input.Sources.
	Binds []Bind
	// Inspect lists the containers whose Details decide.
	Inspect []string
	// Current is the container whose sources are to be compared with what it was started with; nil if there are no
	// sources. Mounts is set if that includes what the kernel has mounted for it.
	Current *engine.Container
	Mounts  bool
	// Image is set if it matters whether the desired image is present, for Input.ImagePresent and ImageID.
	Image bool
	// Volumes is set if it matters to whom volumes belong, for Input.Volumes and NamedElsewhere.
	Volumes bool
}

// NeedsOf returns what must be found out before the workspace is planned.
func NeedsOf(in Input) Needs {
	s := assess(in)
	if s.Elsewhere != nil {
		return Needs{}
	}
	if s.Desired == nil {
		return Needs{Volumes: len(s.owned) > 0 || len(s.Memory.Reclaim) > 0}
	}
	creates := !s.Desired.Paused && !s.Desired.FromRecord && s.Desired.Spec.Image != ""
	n := Needs{
		Binds: s.sourceBinds(), Inspect: s.inspect(), Image: creates && (s.target == nil || s.target.Untagged),
	}
	if s.current != nil && len(s.Sources) > 0 {
		n.Current, n.Mounts = &s.current.Container, s.suspectsSources(s.current)
	}
	return n
}

// inspect lists the containers whose details decide: those that are not simply running or stopped as they should be,
// and those whose limits are not known from what was recorded.
func (s *situation) inspect() []string {
	if s.Desired.Paused {
		return nil
	}
	var ids []string
	for _, c := range s.owned {
		if c.Details == nil && (len(s.owned) > 1 || s.needsDetails(c)) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (s *situation) needsDetails(c *owned) bool {
	switch {
	case c.State != engine.StateRunning && c.State != engine.StateExited:
		return true
	case s.Memory.LimitsOf != c.ID:
		// Seen for the first time, when the label may be older than an in-place change; or a deviation that is not
		// repaired yet.
		return true
	case s.suspectsSources(c):
		return true
	case c.State == engine.StateExited && s.spec.State == v1alpha1.StateRunning:
		return true
	}
	return slices.ContainsFunc(c.changes, func(ch specdiff.Change) bool { return ch.Class == specdiff.InPlace })
}
