package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// merged is what all files say together.
type merged struct {
	workspaces map[string]*Workspace
	problems   []Problem
	holds      []Hold
	// undecided says that a name waits for the engine's word.
	undecided bool
}

// remembered is the state of one name that was last in force.
type remembered struct {
	// file in force.
	file string
	// good is what it last meant, without Problem; nil where nothing valid was ever read.
	good *Workspace
	// out is what the last snapshot said.
	out *Workspace
}

// merge joins the claims of all files. It does nothing where nothing changed: snapshots are immutable, so the last result
// is shared.
func (l *Loader) merge() {
	if !l.dirty {
		return
	}
	l.dirty = false
	m := merged{workspaces: map[string]*Workspace{}}
	claims := map[string][]*claim{}
	var names []string
	for _, f := range l.order {
		if h, ok := f.hold(); ok {
			m.holds = append(m.holds, h)
		}
		for _, x := range f.faults {
			if errors.Is(f.err, errInUnreadable) {
				break // Its directory is reported once for all in it.
			}
			p := Problem{Fault: x.Fault, Workspace: x.workspace, Reason: v1alpha1.ReasonInvalidManifest}
			if x.foreign {
				p.Reason = ReasonNotAWorkspace
			}
			m.problems = append(m.problems, p)
		}
		for _, c := range f.claims {
			if claims[c.name] == nil {
				names = append(names, c.name)
			}
			claims[c.name] = append(claims[c.name], c)
			if c.refused != nil {
				m.problems = append(m.problems, Problem{Fault: *c.refused, Workspace: c.name, Reason: v1alpha1.ReasonInvalidManifest})
			}
		}
	}
	for _, name := range names {
		l.mergeName(&m, name, claims[name])
	}
	for _, x := range l.faults {
		e := decode.Fault{File: x.rel, Message: "read directory: " + x.message}
		m.problems = append(m.problems, Problem{Fault: e, Reason: v1alpha1.ReasonInvalidManifest})
	}
	slices.SortStableFunc(m.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	m.problems = slices.Compact(m.problems)
	l.merged, l.dirty = m, m.undecided
}

// mergeName decides what is in force under one name.
func (l *Loader) mergeName(m *merged, name string, claims []*claim) {
	if visible := slices.DeleteFunc(slices.Clone(claims), func(c *claim) bool { return c.weak }); len(visible) > 0 {
		claims = visible
	}
	old, known := l.memory[name]
	var record *specdiff.LastApplied
	if !known {
		var told bool
		if old, record, told = l.seed(name, claims); !told {
			l.undecided(m, name, claims)
			return
		}
	}
	winner := winner(old, record, claims)
	out := Workspace{Name: name, File: winner.file.rel, Line: winner.line}
	good := winner.ws
	if good == nil {
		good = old.good
	} else if old.good != nil && equality.Semantic.DeepEqual(good, old.good) {
		good = old.good
	}
	if good != nil {
		out = *good
		out.File, out.Line = winner.file.rel, winner.line
	}
	problem := claimProblem(winner)
	for i, c := range claims {
		if len(claims) < 2 {
			break
		}
		p := duplicate(name, c, winner, claims[(i+1)%len(claims)])
		m.problems = append(m.problems, p)
		if c == winner && problem == nil {
			problem = &p
		}
	}
	if file := l.unreadMemory(old, claims); file != nil && problem == nil {
		// A restart must not hand the name to another file only because the one in force is broken just now.
		err := decode.Fault{File: file.rel, Message: "read file: " + file.unsettled}
		if file.broken {
			err = file.faults[0].Fault
		}
		problem = &Problem{Fault: err, Workspace: name, Reason: v1alpha1.ReasonInvalidManifest}
		out, good = Workspace{Name: name, File: file.rel, Line: 1}, nil
	}
	out.Problem = problem
	if good != nil {
		out.Revision = l.revisionOf(winner, old)
	}
	next := remembered{file: out.File, good: good, out: &out}
	if problem == nil && out.Revision == nil && good != nil && good.File == out.File && good.Line == out.Line {
		next.out = good
	}
	if old.out != nil && sameEntry(old, next) {
		next.out = old.out
	}
	l.memory[name] = next
	m.workspaces[name] = next.out
}

// winner is the claim in force. A name stays where it is: first the file that it was last in, or came from before this
// process, and in it the document that says the same as before; else any document that does; else the first valid one. record
// is what the container says where nothing else is known: its spec goes before its file, which may have been renamed since.
func winner(old remembered, record *specdiff.LastApplied, claims []*claim) *claim {
	if len(claims) == 1 {
		return claims[0]
	}
	file := old.file
	rank := func(c *claim) int {
		same := old.good != nil && c.ws != nil && equality.Semantic.DeepEqual(c.ws.Spec, old.good.Spec)
		same = same || isRecorded(c, record)
		switch here := c.file.rel == file; {
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
	return slices.MinFunc(claims, func(a, b *claim) int { return cmp.Compare(rank(a), rank(b)) })
}

// unreadMemory is the file that a running workspace came from, where this process has not been able to read it and another
// file claims the name.
func (l *Loader) unreadMemory(old remembered, claims []*claim) *file {
	if old.good != nil {
		return nil
	}
	f := l.files[old.file]
	if f == nil || (!f.broken && f.unsettled == "") || len(f.good) > 0 || slices.ContainsFunc(claims, func(c *claim) bool { return c.file == f }) {
		return nil
	}
	return f
}

func claimProblem(c *claim) *Problem {
	err := c.problem()
	switch {
	case err != nil:
	case c.file.broken:
		err = &c.file.faults[0].Fault
	case c.weak:
		err = c.file.hidden
	}
	if err == nil {
		return nil
	}
	return &Problem{Fault: *err, Workspace: c.name, Reason: v1alpha1.ReasonInvalidManifest}
}

// duplicate reports one of several claims to a name; other is another one of them.
func duplicate(name string, c, winner, other *claim) Problem {
	say := fmt.Sprintf("workspace %q is also defined at %s:%d, ", name, other.file.rel, other.line)
	if c == winner {
		say += "but this document stays in force: remove or rename one of the two"
	} else {
		say = fmt.Sprintf("workspace %q is also defined at %s:%d, which stays in force: remove or rename one of the two",
			name, winner.file.rel, winner.line)
	}
	return Problem{
		Fault:     decode.Fault{File: c.file.rel, Line: c.line, Field: "metadata.name", Message: say},
		Workspace: name, Reason: v1alpha1.ReasonDuplicateName,
	}
}

// sameEntry says whether what the last snapshot said still holds word for word.
func sameEntry(old, next remembered) bool {
	a, b := old.out, next.out
	same := (a.Problem == nil) == (b.Problem == nil) && (a.Problem == nil || *a.Problem == *b.Problem)
	return same && sameRevision(a.Revision, b.Revision) && old.good == next.good && a.File == b.File && a.Line == b.Line
}

// forget drops the memory of names that are gone for good: defined by nothing, while absence means absence.
func (l *Loader) forget(held bool) {
	if held || len(l.memory) == len(l.merged.workspaces) {
		return
	}
	for name := range l.memory {
		if l.merged.workspaces[name] == nil {
			delete(l.memory, name)
		}
	}
}

// place is where a fault is, for people.
func place(e decode.Fault) string {
	switch {
	case e.Line == 0:
		return e.File
	case e.Column == 0:
		return fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
}
