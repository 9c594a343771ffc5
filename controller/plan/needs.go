package plan

import (
	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// NeedsInspect lists the containers whose details decide: the ones that are not simply running or stopped as they should
// be, and the ones whose limits cannot be told from what was recorded. A converged workspace needs none.
func NeedsInspect(in Input) []string {
	in = in.resolved()
	if in.Desired == nil || in.Desired.Paused || in.Elsewhere != nil {
		return nil
	}
	var ids []string
	ours := in.ours()
	for _, c := range ours {
		if c.Details == nil && in.needsDetails(c, len(ours) > 1) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (in Input) needsDetails(c engine.Container, several bool) bool {
	if several || c.State != engine.StateRunning && c.State != engine.StateExited {
		return true
	}
	if in.Memory.LimitsOf != c.ID {
		// First sight, where the label may be older than an in-place change, or a deviation that is not cured yet.
		return true
	}
	if SuspectsSources(in, c) {
		return true
	}
	if c.State == engine.StateExited && in.spec().State == v1alpha1.StateRunning {
		return true
	}
	for _, change := range in.changes(c) {
		if change.Class == v1alpha1.ChangeInPlace {
			return true
		}
	}
	return false
}

// NeedsImage reports whether it matters if the desired image is present: a container would have to be created.
func NeedsImage(in Input) bool {
	in = in.resolved()
	if in.Desired == nil || in.Elsewhere != nil || in.Desired.Paused || in.Desired.FromRecord || in.Desired.Spec.Image == "" {
		return false
	}
	choice := in.pick()
	return choice.target == nil || choice.target.Untagged
}

// NeedsVolumes reports whether a removal has to know whose the volumes are.
func NeedsVolumes(in Input) bool {
	in = in.resolved()
	return in.Desired == nil && in.Elsewhere == nil && (len(in.ours()) > 0 || len(in.Memory.Reclaim) > 0)
}
