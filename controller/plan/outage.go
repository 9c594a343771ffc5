package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// Outage returns the steps between which the workspace is down: from the stop of what runs to the start of what comes
// after it, or to the check of that start. Once begun, they must all be carried out. ok is false if there are no such
// steps.
func (a Action) Outage() (first, last int, ok bool) {
	created := slices.IndexFunc(a.Steps, func(s Step) bool { return s.Op == OpCreate })
	first, last = -1, -1
	for i, s := range a.Steps {
		switch {
		case s.Op == OpStop && first < 0 && i > created:
			first = i
		case (s.Op == OpStart || s.Op == OpCheckStart) && first >= 0:
			last = i
		}
	}
	return first, last, first >= 0 && last > first
}

// Names are the container names that the plan needs while a workspace is down, apart from those that its own
// containers have. Whether they are free has to be known before that.
func (p Plan) Names(in Input) []string {
	var names []string
	for _, a := range p.Actions {
		first, last, ok := a.Outage()
		for i, s := range a.Steps {
			if !ok || i < first || i > last || s.Op != OpRename || s.To == finalName(in.Name) {
				continue
			}
			own := false
			for _, c := range in.Containers {
				own = own || c.Name == s.To
			}
			if !own {
				names = append(names, s.To)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nameTaken is the verdict if a container that is not owned holds a name that a replacement needs.
func (s *situation) nameTaken() (Verdict, bool) {
	if len(s.Taken) == 0 {
		return Verdict{}, false
	}
	name := slices.Min(slices.Collect(maps.Keys(s.Taken)))
	return Verdict{
		Reason: v1alpha1.ReasonNameConflict, Stalled: true, NextTry: s.Now.Add(10 * time.Second), Message: textf(
			"the name %s, which a replacement needs, is held by container %.12s, which is not owned: rename or remove that one",
			name, s.Taken[name]),
	}, true
}
