package manifest

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Recorded is what the container of a workspace records about its manifest.
type Recorded struct {
	// File is empty if there is no container.
	File string
	Spec specdiff.LastApplied
}

// seed returns the initial memory of a name that this process has not read yet. ok is false if it cannot be determined
// now.
func (m *merger) seed(t *tree, name string, candidates []*candidate) (old remembered, record *specdiff.LastApplied, ok bool) {
	if file := m.currentFile(name); file != "" {
		return remembered{file: file}, nil, true
	}
	unread := slices.ContainsFunc(t.order, func(f *file) bool { return f.broken || f.unsettled != "" })
	if len(candidates) < 2 && !unread || m.recorded == nil {
		return remembered{}, nil, true
	}
	r, err := m.recorded(name)
	if err != nil {
		return remembered{}, nil, false
	}
	if r.File == "" {
		return remembered{}, nil, true
	}
	return remembered{file: r.File}, &r.Spec, true
}

// isRecorded reports whether a document equals the spec that the container was created from, except for fields that
// change without a new container.
func isRecorded(c *candidate, record *specdiff.LastApplied) bool {
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

// leaveUndecided keeps the container of a name as it is until the current document is known.
func (m *merger) leaveUndecided(name string, candidates []*candidate) {
	c := candidates[0]
	p := &Problem{
		Fault: decode.Fault{
			File: c.file.rel, Line: c.line, Field: "metadata.name",
			Message: "the current document of workspace " + name + " is not known until the engine answers",
		},
		Workspace: name, Reason: v1alpha1.ReasonDuplicateName,
	}
	m.problems = append(m.problems, *p)
	m.workspaces[name] = &Workspace{Name: name, File: c.file.rel, Line: c.line, Problem: p}
	m.undecided = true
}
