package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// planRemoval removes what no manifest asks for any more, once that has been so for the whole delay.
func (in Input) planRemoval(p *Plan) {
	ours := in.ours()
	if slices.ContainsFunc(Claimed(in), func(c engine.Container) bool { return c.State == engine.StateRemoving }) {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonRemoving, Message: "no manifest asks for it, and the engine is removing its container"}
	}
	if len(ours) == 0 {
		in.reclaimLeftovers(p)
		return
	}
	due := in.Absent.Since.Add(in.Absent.Delay)
	cause := "no manifest asks for it any more"
	p.Verdict = Verdict{Reason: v1alpha1.ReasonRemoving, Message: cause}
	asked := in.Memory.RemoveRequest != ""
	if asked {
		cause = in.Memory.RemoveRequest
	}
	switch {
	case asked:
	case in.Memory.Paused:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonPaused, Stalled: true, Message: fmt.Sprintf(
			"no manifest asks for it any more; not removed, because the annotation %s paused it: `dual-reconciler down %s` removes it",
			v1alpha1.AnnotationReconcile, in.Name)}
		return
	case in.Absent.Confirmed.Before(due):
		p.Verdict.Message += fmt.Sprintf("; removed at %s unless it comes back", due.Local().Format(time.TimeOnly))
		p.wake(due)
		return
	}
	if f := in.Memory.Failures[KindRemove]; f.waits("", in.Now) {
		p.Verdict = f.verdict()
		p.wake(f.Next)
		return
	}
	a := Action{Kind: KindRemove, Cause: cause}
	for _, c := range ours {
		a.Steps = append(a.Steps, takeDown(c, in.grace(c))...)
		a.Steps = append(a.Steps, Step{Op: OpRemove, Container: ref(c)})
		for _, v := range in.anonymous(c) {
			a.Reclaim = append(a.Reclaim, v.Name)
		}
		record, _ := in.record(c)
		if record.VolumeReclaimPolicy == v1alpha1.VolumeDelete {
			a.Reclaim = append(a.Reclaim, in.ownVolumes()...)
		}
	}
	a.Reclaim = slices.DeleteFunc(a.Reclaim, func(name string) bool { return in.NamedElsewhere[name] })
	slices.Sort(a.Reclaim)
	a.Reclaim = slices.Compact(a.Reclaim)
	a.Steps = append(a.Steps, removeVolumes(a.Reclaim)...)
	p.add(a)
}

// reclaimLeftovers removes the volumes that an interrupted removal left. What was true then may not be so any more: another
// manifest may name one now, or somebody may have made one of the same name.
func (in Input) reclaimLeftovers(p *Plan) {
	own := in.ownVolumes()
	left := slices.DeleteFunc(slices.Clone(in.Memory.Reclaim), func(name string) bool {
		return in.NamedElsewhere[name] || !engine.MountedVolume{Name: name}.Anonymous() && !slices.Contains(own, name)
	})
	if len(left) > 0 {
		cause := cmp.Or(in.Memory.RemoveRequest, "volumes of a workspace that is gone")
		p.add(Action{Kind: KindRemove, Cause: cause, Steps: removeVolumes(left), Reclaim: left})
	}
}

// ownVolumes are the named volumes that this workspace created, by their labels: a volume that was there before belongs to
// somebody else.
func (in Input) ownVolumes() []string {
	var names []string
	for _, v := range in.Volumes {
		if v.Labels[v1alpha1.LabelInstance] == in.Instance && v.Labels[v1alpha1.LabelWorkspace] == in.Name {
			names = append(names, v.Name)
		}
	}
	return names
}

func removeVolumes(names []string) []Step {
	steps := make([]Step, 0, len(names))
	for _, name := range names {
		steps = append(steps, Step{Op: OpRemoveVolume, Volume: name})
	}
	return steps
}
