package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// merger selects one candidate per workspace.
type merger struct {
	// currentFile and recorded return what a running workspace came from: see WithCurrentFile and WithRecorded.
	currentFile func(string) string
	recorded    func(string) (Recorded, error)
	memory      map[string]remembered
	merged
}

// merged is the result of all files together.
type merged struct {
	workspaces map[string]*Workspace
	problems   []Problem
	holds      []Hold
	// undecided is set if the selection for a name needs an answer of the engine.
	undecided bool
}

// remembered is the last effective state of one workspace.
type remembered struct {
	// file that defined it.
	file string
	// good is the last valid state, without Problem; nil if nothing valid was ever read.
	good *Workspace
	// out is the state in the last snapshot.
	out *Workspace
}

// merge merges the candidates of all files. If nothing changed it keeps the last result, which is immutable.
func (m *merger) merge(t *tree) {
	if !t.changed {
		return
	}
	m.merged = merged{workspaces: map[string]*Workspace{}}
	candidates := map[string][]*candidate{}
	var names []string
	for _, f := range t.order {
		if h, ok := f.hold(); ok {
			m.holds = append(m.holds, h)
		}
		if !errors.Is(f.err, errInUnreadable) { // The fault of its directory covers all files in it.
			m.addFaults(f)
		}
		for _, c := range f.candidates {
			if candidates[c.name] == nil {
				names = append(names, c.name)
			}
			candidates[c.name] = append(candidates[c.name], c)
			if c.refused != nil {
				m.problems = append(m.problems, *invalid(*c.refused, c.name))
			}
		}
	}
	for _, name := range names {
		m.mergeName(t, name, candidates[name])
	}
	for _, x := range t.faults {
		m.problems = append(m.problems, *invalid(decode.Fault{File: x.rel, Message: "read directory: " + x.message}, ""))
	}
	slices.SortStableFunc(m.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	m.problems = slices.Compact(m.problems)
	t.changed = m.undecided
}

func (m *merger) addFaults(f *file) {
	for _, x := range f.faults {
		p := invalid(x.Fault, x.workspace)
		if x.foreign {
			p.Reason = ReasonNotAWorkspace
		}
		m.problems = append(m.problems, *p)
	}
}

// mergeName selects the effective candidate for one name.
func (m *merger) mergeName(t *tree, name string, candidates []*candidate) {
	if visible := slices.DeleteFunc(slices.Clone(candidates), func(c *candidate) bool { return c.weak }); len(visible) > 0 {
		candidates = visible
	}
	old, known := m.memory[name]
	var record *specdiff.LastApplied
	if !known {
		var ok bool
		if old, record, ok = m.seed(t, name, candidates); !ok {
			m.leaveUndecided(name, candidates)
			return
		}
	}
	winner := winner(old, record, candidates)
	out := Workspace{Name: name, File: winner.file.rel, Line: winner.line}
	good := winner.ws
	if good == nil || old.good != nil && equality.Semantic.DeepEqual(good, old.good) {
		good = old.good
	}
	if good != nil {
		out = *good
		out.File, out.Line = winner.file.rel, winner.line
	}
	problem := problemOf(winner)
	if len(candidates) > 1 {
		for i, c := range candidates {
			p := duplicate(name, c, winner, candidates[(i+1)%len(candidates)])
			m.problems = append(m.problems, p)
			if c == winner && problem == nil {
				problem = &p
			}
		}
	}
	if file := unreadMemory(t, old, candidates); file != nil && problem == nil {
		// After a restart, another file must not take over the name only because the current file is broken at the
		// moment.
		fault := decode.Fault{File: file.rel, Message: "read file: " + file.unsettled}
		if file.broken {
			fault = file.faults[0].Fault
		}
		problem = invalid(fault, name)
		out, good = Workspace{Name: name, File: file.rel, Line: 1}, nil
	}
	out.Problem = problem
	if good != nil {
		out.Revision = revisionOf(winner, old)
	}
	m.remember(name, old, remembered{file: out.File, good: good, out: &out})
}

// remember puts the state of a name into the result, with the pointer of an equal earlier state if there is one.
func (m *merger) remember(name string, old, next remembered) {
	out, good := next.out, next.good
	if out.Problem == nil && out.Revision == nil && good != nil && good.File == out.File && good.Line == out.Line {
		next.out = good
	}
	if old.out != nil && sameEntry(old, next) {
		next.out = old.out
	}
	m.memory[name] = next
	m.workspaces[name] = next.out
}

// winner returns the effective candidate. A name stays where it is: in the file that it was last in, or that it came
// from before this process, and there in the document with the same content as before; else in any document with that
// content; else in the first valid one. record is the container's last-applied spec if nothing else is known; it takes
// precedence over the file, which may have been renamed since.
func winner(old remembered, record *specdiff.LastApplied, candidates []*candidate) *candidate {
	if len(candidates) == 1 {
		return candidates[0]
	}
	rank := func(c *candidate) int {
		same := old.good != nil && c.ws != nil && equality.Semantic.DeepEqual(c.ws.Spec, old.good.Spec)
		same = same || isRecorded(c, record)
		switch here := c.file.rel == old.file; {
		case here && same, same && record != nil:
			return 0
		case here:
			return 1
		case same:
			return 2
		case c.ws != nil:
			return 3
		}
		return 4
	}
	return slices.MinFunc(candidates, func(a, b *candidate) int { return cmp.Compare(rank(a), rank(b)) })
}

// unreadMemory returns the file that a running workspace came from if this process has not been able to read it and
// another file defines the name.
func unreadMemory(t *tree, old remembered, candidates []*candidate) *file {
	if old.good != nil {
		return nil
	}
	f := t.files[old.file]
	if f == nil || !f.broken && f.unsettled == "" || len(f.good) > 0 ||
		slices.ContainsFunc(candidates, func(c *candidate) bool { return c.file == f }) {
		return nil
	}
	return f
}

func problemOf(c *candidate) *Problem {
	fault := c.problem()
	switch {
	case fault != nil:
	case c.file.broken:
		fault = &c.file.faults[0].Fault
	case c.weak:
		fault = c.file.hidden
	}
	if fault == nil {
		return nil
	}
	return invalid(*fault, c.name)
}

func invalid(f decode.Fault, workspace string) *Problem {
	return &Problem{Fault: f, Workspace: workspace, Reason: v1alpha1.ReasonInvalidManifest}
}

// duplicate reports one of several candidates for a name; other is another one of them.
func duplicate(name string, c, winner, other *candidate) Problem {
	message := fmt.Sprintf("workspace %q is also defined at %s:%d, ", name, other.file.rel, other.line)
	if c == winner {
		message += "but this document remains effective: remove or rename one of the two"
	} else {
		message = fmt.Sprintf("workspace %q is also defined at %s:%d, which remains effective: "+
			"remove or rename one of the two", name, winner.file.rel, winner.line)
	}
	return Problem{
		Fault:     decode.Fault{File: c.file.rel, Line: c.line, Field: "metadata.name", Message: message},
		Workspace: name, Reason: v1alpha1.ReasonDuplicateName,
	}
}

// revisionOf returns the revision of a workspace's effective state: that of the file, unless the state is older.
func revisionOf(winner *candidate, old remembered) *v1alpha1.Revision {
	switch {
	case winner.ws != nil && !winner.weak:
		return winner.file.revision.Revision()
	case old.out != nil:
		return old.out.Revision
	}
	return nil
}

// sameEntry reports whether the last snapshot's entry equals the next one.
func sameEntry(old, next remembered) bool {
	a, b := old.out, next.out
	same := (a.Problem == nil) == (b.Problem == nil) && (a.Problem == nil || *a.Problem == *b.Problem)
	return same && gitrepo.SameRevision(a.Revision, b.Revision) && old.good == next.good &&
		a.File == b.File && a.Line == b.Line
}

// forget drops the memory of names that no file defines, unless removals are held.
func (m *merger) forget(held bool) {
	if held || len(m.memory) == len(m.workspaces) {
		return
	}
	maps.DeleteFunc(m.memory, func(name string, _ remembered) bool { return m.workspaces[name] == nil })
}

// existing returns the workspaces that a removal could concern, sorted: those with a valid state, and the known ones.
func (m *merger) existing(known []string) []string {
	names := map[string]bool{}
	for name, r := range m.memory {
		if r.good != nil {
			names[name] = true
		}
	}
	for _, name := range known {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// withSpec returns the workspaces that have a spec, sorted.
func (m *merged) withSpec() []string {
	var names []string
	for name, ws := range m.workspaces {
		if ws.Spec.Image != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
