// Package decode turns the bytes of a manifest file into validated workspaces, and every fault in them into an error with
// file, line, column and field.
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
	// Name is metadata.name as far as it could be read, else empty: then the document could be about any workspace.
	Name string
	// Line on which the document's content starts, from 1.
	Line int
	// Workspace is as written: not defaulted, paths unresolved. nil where Errors is not empty.
	Workspace *v1alpha1.Workspace
	// Errors are all faults of this document, in the order of the file.
	Errors []Error
	// Foreign says that the document is another tool's: it neither is nor looks like a workspace. Errors then says how that
	// was seen.
	Foreign bool

	// places of the fields, for faults that are found later.
	places map[string]place
}

// Error is one fault at one place.
type Error struct {
	// File as given to File.
	File string `json:"file"`
	// Line and Column count from 1; 0 where the fault has no place (an unreadable file).
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Field is a path such as spec.mounts[1].target; empty for a fault of syntax.
	Field string `json:"field,omitempty"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
}

// Error returns file:line:column: field: message on one line, without the parts that are not known. What was written by others is
// printable in it: names of files may hold anything, and so may the keys of a mapping.
func (e Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", s, e.Line, max(e.Column, 1))
	}
	if e.Field != "" {
		s += ": " + e.Field
	}
	return printable.Line(s + ": " + e.Message)
}

// String returns the same as Error.
func (e Error) String() string { return e.Error() }

// Position returns line and column, from 1, of a field such as spec.source.path, or of the nearest field around it that the
// document has.
func (d Document) Position(field string) (line, column int) {
	p := nearest(d.places, field, place{d.Line, 1})
	return p.line, p.column
}

// File reads a manifest file of YAML or JSON with any number of documents; name is for the errors, and .json in its end
// asks for JSON. Documents without content are skipped.
//
// syntax is not empty where the file cannot be parsed, or holds nothing: whatever it defined before may be hidden in it.
// docs are then those in front of the fault.
func File(name string, data []byte) (docs []Document, syntax []Error) {
	f := &file{name: name, data: trimBOM(data)}
	if faults := f.check(); len(faults) > 0 {
		return nil, faults
	}
	roots, fault := f.parse()
	for _, root := range roots {
		docs = append(docs, document(name, root))
	}
	if fault != nil {
		return docs, []Error{*fault}
	}
	if len(docs) == 0 {
		return nil, []Error{f.errorAt(place{1, 1}, "file has no manifest, only comments or empty documents; delete the file to remove its workspaces")}
	}
	return docs, nil
}

// place in a file; both count from 1.
type place struct{ line, column int }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

func sortErrors(errs []Error) {
	slices.SortStableFunc(errs, func(a, b Error) int {
		return place{a.Line, a.Column}.compare(place{b.Line, b.Column})
	})
}
