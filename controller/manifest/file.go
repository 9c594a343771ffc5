package manifest

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
)

// file is one manifest file. Invariant: good are the claims of the last content that could be parsed, whatever the file
// holds now.
type file struct {
	blob
	rel  string
	link bool
	// claims are in force: good ones, and names that were seen in broken content.
	claims, good []*claim
	// faults of the content; broken says that the first of them keeps the whole file from being read.
	faults []fileFault
	broken bool
	// hidden is a fault of a document whose name cannot be told: it could be any.
	hidden *decode.Fault
	parsed int

	revision fileRevision
}

type fileFault struct {
	decode.Fault
	workspace string
	// foreign says that it is of a document that is another tool's, and concerns no workspace.
	foreign bool
}

func newFile(rel, abs string) *file {
	f := &file{blob: blob{path: abs, format: formatYAML}, rel: rel}
	if filepath.Ext(rel) == ".json" {
		f.format = formatJSON
	}
	return f
}

// update looks at the file. It reports whether anything changed.
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
		// Also where the content is believed again after a time of doubt or of not being readable.
		f.parse(r)
	case changed:
		f.faults, f.broken = nil, false
	}
	return changed
}

// unreadable keeps all that the file last defined. It reports whether that is news.
func (f *file) unreadable(err error) bool {
	changed := f.fail(err)
	f.faults = []fileFault{{Fault: decode.Fault{File: f.rel, Message: "read file: " + cause(err).Error()}}}
	f.broken, f.hidden, f.claims, f.parsed = true, nil, f.good, 0
	return changed
}

// whole says that what is in force from the file is what is in it now.
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
	if len(syntax) > 0 && withoutContent(f.text) && len(f.held(r)) == 0 {
		f.faults[0].foreign = true
		f.claims, f.good = nil, nil
		return
	}
	if len(syntax) > 0 {
		f.broken = true
		f.claims = slices.Clone(f.good)
		for _, d := range docs {
			// Nothing in a broken file is believed, but who is named in it is told why nothing happens.
			if nameable(d.Name) && !claimed(f.claims, d.Name) {
				f.claims = append(f.claims, &claim{name: d.Name, file: f, line: d.Line, fault: &syntax[0]})
			}
		}
		return
	}
	f.adopt(docs, f.held(r))
}

// held are the workspaces that the file is known to have defined: in this process, or before it.
func (f *file) held(r *reading) map[string]bool {
	names := map[string]bool{}
	for _, c := range f.good {
		names[c.name] = true
	}
	for _, name := range r.from[f.rel] {
		names[name] = true
	}
	return names
}

// withoutContent says whether there is nothing in a file but comments, white space and marks of documents.
func withoutContent(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line != "" && line[0] != '#' && line[0] != '%' && line != "---" && line != "..." && line != "null" && line != "~" {
			return false
		}
	}
	return true
}

// adopt makes the documents of a file that parses its claims. held are the workspaces that it defined before: a document that
// is another tool's can only stand in the place of one of them.
func (f *file) adopt(docs []decode.Document, held map[string]bool) {
	var claims []*claim
	var foreign []decode.Document
	for i, d := range docs {
		switch {
		case len(d.Faults) == 0 && d.Workspace != nil:
			claims = append(claims, &claim{name: d.Name, file: f, line: d.Line, doc: d.Workspace, places: hostPlaces(d)})
		case len(d.Faults) == 0:
			// A document without a workspace and without a fault defines nothing.
		case d.Foreign && !held[d.Name]:
			foreign = append(foreign, d)
			continue
		case nameable(d.Name):
			claims = append(claims, &claim{name: d.Name, file: f, line: d.Line, fault: &d.Faults[0]})
			if i == len(docs)-1 && f.cutOff() && f.hidden == nil {
				f.hidden = &d.Faults[0]
			}
		case f.hidden == nil:
			f.hidden = &d.Faults[0]
		}
		f.fault(d, false)
	}
	for _, d := range foreign {
		hides := !nameable(d.Name) && slices.ContainsFunc(slices.Collect(maps.Keys(held)), func(name string) bool { return !claimed(claims, name) })
		f.fault(d, !hides)
		if hides && f.hidden == nil {
			f.hidden = &d.Faults[0]
		}
	}
	if f.hidden != nil {
		for _, old := range f.good {
			if !claimed(claims, old.name) {
				kept := *old
				kept.weak = true
				claims = append(claims, &kept)
			}
		}
	}
	f.claims, f.good = claims, claims
}

// fault reports what is wrong with a document.
func (f *file) fault(d decode.Document, foreign bool) {
	for _, err := range d.Faults {
		x := fileFault{Fault: err, foreign: foreign}
		if !foreign {
			x.workspace = d.Name
		}
		f.faults = append(f.faults, x)
	}
}

// nameable says whether a name can be a workspace's. A document of any other may be one whose name has a typing error, so
// nothing can be concluded from the absence of the right name.
func nameable(name string) bool {
	return len(name) <= v1alpha1.MaxNameLength && len(validation.IsDNS1123Label(name)) == 0
}

// cutOff says whether the text ends in the middle of a line. Where its last document is invalid too, that is what a full
// disk or a killed editor leaves: even the name in it may be the first part of another, and documents after it are missing.
func (f *file) cutOff() bool { return f.format == formatYAML && !strings.HasSuffix(f.text, "\n") }

func claimed(claims []*claim, name string) bool {
	return slices.ContainsFunc(claims, func(c *claim) bool { return c.name == name })
}

// hold says why nothing can be concluded from what this file does not define; ok is false where there is no reason.
func (f *file) hold() (h Hold, ok bool) {
	switch {
	case errors.Is(f.err, errInUnreadable):
		// Its directory holds for all in it.
	case f.err != nil:
		return Hold{Reason: HoldUnreadable, Message: "removals wait until " + f.rel + " can be read (" + f.err.Error() + "): fix it or delete it"}, true
	case f.unsettled != "":
		return Hold{Reason: HoldHalfWritten, Message: "removals wait until " + f.rel + " is written: " + f.unsettled}, true
	case f.broken:
		return Hold{Reason: HoldUnparsable, Message: "removals wait until " + f.rel + " is mended: " + place(f.faults[0].Fault) + ": " + f.faults[0].Message}, true
	case f.hidden != nil && f.cutOff():
		return Hold{Reason: HoldHalfWritten, Message: "removals wait until " + f.rel + " is mended, it ends in the middle of a line and more may be missing: " +
			place(*f.hidden) + ": " + f.hidden.Message}, true
	case f.hidden != nil:
		return Hold{Reason: HoldUnparsable, Message: "removals wait until " + f.rel + " is mended, a document in it has no readable name: " +
			place(*f.hidden) + ": " + f.hidden.Message}, true
	}
	return Hold{}, false
}
