package plan

import (
	"cmp"
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// planRemoval removes what no manifest asks for any more, once that has been so for the whole delay.
func (s *situation) planRemoval(p *Plan) {
	if s.removing {
		p.Verdict = Verdict{
			Reason:  v1alpha1.ReasonRemoving,
			Message: Text{"no manifest asks for it, and the engine is removing its container"},
		}
	}
	if len(s.owned) == 0 {
		s.reclaimLeftovers(p)
		return
	}
	due := s.Absent.Since.Add(s.Absent.Delay)
	const cause = "no manifest asks for it any more"
	p.Verdict = Verdict{Reason: v1alpha1.ReasonRemoving, Message: Text{cause}}
	f := s.Memory.Failures[KindRemove]
	switch requested := s.Memory.RemoveRequest != ""; {
	case !requested && s.Memory.Paused:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPaused, Stalled: true, Message: textf(
			"no manifest asks for it any more; not removed, because the annotation %s paused it: "+
				"`dual-reconciler down %s` removes it",
			v1alpha1.AnnotationReconcile, s.Name)}
	case !requested && s.Absent.Confirmed.Before(due):
		p.Verdict.Message = p.Verdict.Message.and("; removed at ", due, " unless it comes back")
		p.wake(due)
	case f.waits("", s.Now):
		p.Verdict = f.verdict()
		p.wake(f.Next)
	default:
		p.add(s.removal(cmp.Or(s.Memory.RemoveRequest, cause)))
	}
}

// removal removes all containers of the workspace, and the volumes that are removed with it.
func (s *situation) removal(cause string) Action {
	a := Action{Kind: KindRemove, Cause: cause}
	for _, c := range s.owned {
		a.Steps = append(append(a.Steps, s.takeDown(c)...), Step{Op: OpRemove, Container: c.ref()})
		for _, v := range c.anonymous() {
			a.Reclaim = append(a.Reclaim, v.Name)
		}
		if c.record.VolumeReclaimPolicy == v1alpha1.VolumeDelete {
			a.Reclaim = append(a.Reclaim, s.ownVolumes()...)
		}
	}
	a.Reclaim = slices.DeleteFunc(a.Reclaim, func(name string) bool { return s.NamedElsewhere[name] })
	slices.Sort(a.Reclaim)
	a.Reclaim = slices.Compact(a.Reclaim)
	a.Steps = append(a.Steps, removeVolumes(a.Reclaim)...)
	return a
}

// reclaimLeftovers removes the volumes that an interrupted removal left. The facts may have changed since: another
// manifest may name one now, or another user may have created one of the same name.
func (s *situation) reclaimLeftovers(p *Plan) {
	own := s.ownVolumes()
	left := slices.DeleteFunc(slices.Clone(s.Memory.Reclaim), func(name string) bool {
		return s.NamedElsewhere[name] || !engine.MountedVolume{Name: name}.Anonymous() && !slices.Contains(own, name)
	})
	if len(left) > 0 {
		cause := cmp.Or(s.Memory.RemoveRequest, "volumes of a workspace that is gone")
		p.add(Action{Kind: KindRemove, Cause: cause, Steps: removeVolumes(left), Reclaim: left})
	}
}

// ownVolumes are the named volumes that this workspace created, by their labels: a volume that was there before
// belongs to another user.
func (s *situation) ownVolumes() []string {
	var names []string
	for _, v := range s.Volumes {
		if v.Labels[v1alpha1.LabelInstance] == s.Instance && v.Labels[v1alpha1.LabelWorkspace] == s.Name {
			names = append(names, v.Name)
		}
	}
	return names
}
