package manifest

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// file is one manifest file. Invariant: good are the candidates of the last content that could be parsed.
type file struct {
	blob
	rel  string
	link bool
	// candidates are the good ones, and those for names in broken content.
	candidates, good []*candidate
	// faults of the content. broken is set if the first of them prevents parsing the file.
	faults []fileFault
	broken bool
	// hidden is the fault of a document without a readable name, which could define any workspace.
	hidden *decode.Fault
	parsed int

	revision gitrepo.File
	// target of the file's symlink, if link is set.
	target linkTarget
}

type fileFault struct {
	decode.Fault
	workspace string
	// foreign is set if the document belongs to another tool and concerns no workspace.
	foreign bool
}

func newFile(rel, abs string) *file {
	f := &file{blob: blob{path: abs, format: formatYAML}, rel: rel}
	if filepath.Ext(rel) == ".json" {
		f.format = formatJSON
	}
	return f
}

// update brings the file up to date. It reports whether anything changed.
func (f *file) update(e entry, r *reading) bool {
	f.link = e.link
	if e.err != nil {
		return f.unreadable(e.err)
	}
	changed := f.refresh(e.st, r)
	switch {
	case f.err != nil:
		f.unreadable(f.err)
	case changed && f.version > 0:
		// This includes unchanged content that is accepted again after it was unsettled or unreadable.
		f.parse(r)
	case changed:
		f.faults, f.broken = nil, false
	}
	return changed
}

// unreadable keeps everything that the file last defined. It reports whether that is a change.
func (f *file) unreadable(err error) bool {
	changed := f.fail(err)
	f.faults = []fileFault{{Fault: decode.Fault{File: f.rel, Message: "read file: " + stat.Cause(err).Error()}}}
	f.broken, f.hidden, f.candidates, f.parsed = true, nil, f.good, 0
	return changed
}

// whole reports whether the accepted content is the current content.
func (f *file) whole() bool { return f.err == nil && f.unsettled == "" && !f.broken }

func (f *file) parse(r *reading) {
	if f.parsed == f.version {
		return
	}
	f.parsed = f.version
	f.faults, f.broken, f.hidden = nil, false, nil
	docs, syntax := decode.File(f.rel, []byte(f.text))
	for _, err := range syntax {
		f.faults = append(f.faults, fileFault{Fault: err})
	}
	if len(syntax) > 0 && withoutContent(f.text) && len(f.definedBefore(r)) == 0 {
		f.faults[0].foreign = true
		f.candidates, f.good = nil, nil
		return
	}
	if len(syntax) > 0 {
		f.broken = true
		f.candidates = slices.Clone(f.good)
		for _, d := range docs {
			// A broken file changes nothing, but the workspaces named in it get its fault as their problem.
			if nameable(d.Name) && !has(f.candidates, d.Name) {
				f.candidates = append(f.candidates, &candidate{name: d.Name, file: f, line: d.Line, fault: &syntax[0]})
			}
		}
		return
	}
	f.adopt(docs, f.definedBefore(r))
}

// definedBefore returns the workspaces that the file is known to have defined, in this process or before it.
func (f *file) definedBefore(r *reading) map[string]bool {
	names := map[string]bool{}
	for _, c := range f.good {
		names[c.name] = true
	}
	for _, name := range r.defined[f.rel] {
		names[name] = true
	}
	return names
}

// withoutContent reports whether a file contains only comments, white space and document markers.
func withoutContent(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line != "" && line[0] != '#' && line[0] != '%' && line != "---" && line != "..." && line != "null" && line != "~" {
			return false
		}
	}
	return true
}

// adopt makes the documents of a parsed file its candidates. defined are the workspaces that the file defined before. A
// document of another tool can only hide one of those.
func (f *file) adopt(docs []decode.Document, defined map[string]bool) {
	var candidates []*candidate
	var foreign []decode.Document
	for i, d := range docs {
		switch {
		case len(d.Faults) == 0 && d.Workspace != nil:
			candidates = append(candidates, &candidate{
				name: d.Name, file: f, line: d.Line, doc: d.Workspace, places: hostPlaces(d),
			})
		case len(d.Faults) == 0:
			// The document has neither a workspace nor a fault: it defines nothing.
		case d.Foreign && !defined[d.Name]:
			foreign = append(foreign, d)
			continue
		case nameable(d.Name):
			candidates = append(candidates, &candidate{name: d.Name, file: f, line: d.Line, fault: &d.Faults[0]})
			if i == len(docs)-1 && f.cutOff() && f.hidden == nil {
				f.hidden = &d.Faults[0]
			}
		case f.hidden == nil:
			f.hidden = &d.Faults[0]
		}
		f.fault(d, false)
	}
	for _, d := range foreign {
		hides := !nameable(d.Name) && slices.ContainsFunc(slices.Collect(maps.Keys(defined)), func(name string) bool {
			return !has(candidates, name)
		})
		f.fault(d, !hides)
		if hides && f.hidden == nil {
			f.hidden = &d.Faults[0]
		}
	}
	if f.hidden != nil {
		for _, old := range f.good {
			if !has(candidates, old.name) {
				kept := *old
				kept.weak = true
				candidates = append(candidates, &kept)
			}
		}
	}
	f.candidates, f.good = candidates, candidates
}

// fault adds the faults of a document.
func (f *file) fault(d decode.Document, foreign bool) {
	for _, err := range d.Faults {
		x := fileFault{Fault: err, foreign: foreign}
		if !foreign {
			x.workspace = d.Name
		}
		f.faults = append(f.faults, x)
	}
}

// nameable reports whether name is valid for a workspace. A document with an invalid name may have a typing error in
// it, so the absence of the correct name means nothing.
func nameable(name string) bool {
	return len(name) <= v1alpha1.MaxNameLength && len(validation.IsDNS1123Label(name)) == 0
}

// cutOff reports whether the text ends in the middle of a line. If its last document is also invalid, the file is
// probably the result of a full disk or a killed editor: the name in that document may be incomplete, and further
// documents may be missing.
func (f *file) cutOff() bool { return f.format == formatYAML && !strings.HasSuffix(f.text, "\n") }

func has(candidates []*candidate, name string) bool {
	return slices.ContainsFunc(candidates, func(c *candidate) bool { return c.name == name })
}

// hold returns the reason why the absence of a workspace from this file means nothing; ok is false if there is none.
func (f *file) hold() (h Hold, ok bool) {
	wait := func(reason HoldReason, message string) (Hold, bool) {
		return Hold{Reason: reason, Message: "removals wait until " + f.rel + message}, true
	}
	switch {
	case errors.Is(f.err, errInUnreadable):
		// The hold of its directory covers all files in it.
	case f.err != nil:
		return wait(HoldUnreadable, " can be read ("+f.err.Error()+"): fix it or delete it")
	case f.unsettled != "":
		return wait(HoldHalfWritten, " is written: "+f.unsettled)
	case f.broken:
		return wait(HoldUnparsable, " is fixed: "+place(f.faults[0].Fault)+": "+f.faults[0].Message)
	case f.hidden != nil && f.cutOff():
		return wait(HoldHalfWritten, " is fixed, it ends in the middle of a line and more may be missing: "+
			place(*f.hidden)+": "+f.hidden.Message)
	case f.hidden != nil:
		return wait(HoldUnparsable, " is fixed, a document in it has no readable name: "+
			place(*f.hidden)+": "+f.hidden.Message)
	}
	return Hold{}, false
}

// place formats the position of a fault.
func place(f decode.Fault) string {
	switch {
	case f.Line == 0:
		return f.File
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}
