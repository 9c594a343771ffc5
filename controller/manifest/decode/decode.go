// Package decode turns the bytes of a manifest file into validated workspaces, and reports every fault with its file,
// line, column and field.
package decode

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Document is one document of a file.
type Document struct {
	// Name is metadata.name as far as it could be read. If it is empty, the document could be about any workspace.
	Name string
	// Line on which the document's content starts, from 1.
	Line int
	// Workspace is as written: without defaults and with unresolved paths. It is nil if there are Faults.
	Workspace *v1alpha1.Workspace
	// Faults of this document, in the order of the file.
	Faults []Fault
	// Foreign is set if the document belongs to another tool: it neither is nor resembles a workspace. Faults then
	// holds the reason.
	Foreign bool

	// places of the fields, for faults that are found later.
	places map[string]place
}

// Fault is one error at one place.
type Fault struct {
	// File as given to File.
	File string `json:"file"`
	// Line and Column count from 1. They are 0 if the fault has no place, for example if the file cannot be read.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Field is a path such as spec.mounts[1].target. It is empty for a syntax error.
	Field string `json:"field,omitempty"`
	// Message describes the fault and what to do about it.
	Message string `json:"message"`
}

// Error returns file:line:column: field: message on one line, without the parts that are not known. It escapes control
// characters, which the names of files and the keys of a mapping may contain.
func (f Fault) Error() string {
	s := f.File
	if f.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", s, f.Line, max(f.Column, 1))
	}
	if f.Field != "" {
		s += ": " + f.Field
	}
	return printable.Line(s + ": " + f.Message)
}

// Position returns the line and column, from 1, of a field such as spec.source.path. If the document does not have the
// field, it returns the position of the nearest enclosing field.
func (d Document) Position(field string) (line, column int) {
	p := nearest(d.places, field, place{d.Line, 1})
	return p.line, p.column
}

// File reads a YAML or JSON manifest file with any number of documents. The faults name the file as name; the suffix
// .json selects JSON. File skips documents without content.
//
// syntax is not empty if the file cannot be parsed or contains no document. The caller must then assume that the file
// still contains what it defined before. docs are then the documents in front of the fault.
func File(name string, data []byte) (docs []Document, syntax []Fault) {
	f := &file{name: name, data: trimBOM(data)}
	if faults := f.check(); len(faults) > 0 {
		return nil, faults
	}
	roots, fault := f.parse()
	for _, root := range roots {
		docs = append(docs, document(name, root))
	}
	if fault != nil {
		return docs, []Fault{*fault}
	}
	if len(docs) == 0 {
		return nil, []Fault{f.faultAt(place{1, 1}, "file has no manifest, only comments or empty documents; delete the file to remove its workspaces")}
	}
	return docs, nil
}

// place in a file; both count from 1.
type place struct{ line, column int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

func sortFaults(errs []Fault) {
	slices.SortStableFunc(errs, func(a, b Fault) int {
		return place{a.Line, a.Column}.compare(place{b.Line, b.Column})
	})
}
