package manifest

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Recorded is what the container of a workspace says of the manifest that it came from.
type Recorded struct {
	// File is empty where there is no container.
	File string
	Spec specdiff.LastApplied
}

// WithRecorded asks the containers which manifest is in force, where nothing else is remembered of it: the state may be lost.
// It is called during Load, and only for a name that several documents claim or that an unreadable file may define. While
// it fails, such a name is left to its container's own record.
func WithRecorded(f func(workspace string) (Recorded, error)) Option {
	return func(l *Loader) { l.recorded = f }
}

// seed is the memory of a name that this process has not seen yet, and false where nobody can tell now.
func (l *Loader) seed(name string, claims []*claim) (remembered, *specdiff.LastApplied, bool) {
	if file := l.inForce(name); file != "" {
		return remembered{file: file}, nil, true
	}
	unread := slices.ContainsFunc(l.order, func(f *file) bool { return f.broken || f.unsettled != "" })
	if len(claims) < 2 && !unread || l.recorded == nil {
		return remembered{}, nil, true
	}
	r, err := l.recorded(name)
	if err != nil {
		return remembered{}, nil, false
	}
	if r.File == "" {
		return remembered{}, nil, true
	}
	return remembered{file: r.File}, &r.Spec, true
}

// isRecorded reports whether a document says what the container was made from, but for what changes in place.
func isRecorded(c *claim, record *specdiff.LastApplied) bool {
	if record == nil || c.ws == nil {
		return false
	}
	spec := *c.ws.Spec.DeepCopy()
	spec.EnvFrom = nil
	now := specdiff.LastApplied{WorkspaceSpec: spec, EnvFromHash: c.ws.EnvFromHash}
	return !slices.ContainsFunc(specdiff.Changes(*record, now, c.name), func(ch specdiff.Change) bool {
		return ch.Class == specdiff.Recreate
	})
}

// undecided leaves a name to its container's own record until somebody can tell which document is in force.
func (l *Loader) undecided(m *merged, name string, claims []*claim) {
	c := claims[0]
	err := decode.Fault{
		File: c.file.rel, Line: c.line, Field: "metadata.name",
		Message: "which document of workspace " + name + " is in force cannot be told before the engine answers",
	}
	p := &Problem{Fault: err, Workspace: name, Reason: v1alpha1.ReasonDuplicateName}
	m.problems = append(m.problems, *p)
	m.workspaces[name] = &Workspace{Name: name, File: c.file.rel, Line: c.line, Problem: p}
	m.undecided = true
}
