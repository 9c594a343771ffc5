package decode

import (
	"fmt"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// maxExpansion limits how many values the aliases of one document may represent. A file of a few hundred bytes can
// represent billions.
const maxExpansion = 100_000

// walker decodes nodes into the API types and records their positions.
type walker struct {
	file   string
	faults []Fault
	places map[string]place
	// meant are the fields that misspelt ones stand for.
	meant []string
	// open are the aliased nodes that are being read. A node that occurs again contains itself.
	open map[*yaml.Node]bool
	// budget of values behind aliases; negative if it is exceeded.
	budget int
	// unnamed are the places of faults whose field is only the one around them.
	unnamed map[place]bool
	// near contains the results of nearField.
	near map[string]bool
	// quiet is set if the faults are not used.
	quiet bool
}

func newWalker(file string) *walker {
	return &walker{
		file: file, places: map[string]place{}, open: map[*yaml.Node]bool{}, budget: maxExpansion, unnamed: map[place]bool{},
		near: map[string]bool{},
	}
}

func (w *walker) fail(p place, field, message string) {
	w.faults = append(w.faults, Fault{File: w.file, Line: p.line, Column: p.column, Field: field, Message: message})
}

func (w *walker) failNode(n *yaml.Node, field, message string) {
	w.fail(place{n.Line, n.Column}, field, message)
}

// spend takes one value behind an alias from the budget.
func (w *walker) spend(n *yaml.Node, path string) bool {
	if len(w.open) == 0 {
		return true
	}
	if w.budget--; w.budget == -1 {
		w.failNode(n, path, fmt.Sprintf("aliases of this document stand for more than %d values; write them out", maxExpansion))
	}
	return w.budget >= 0
}

// value decodes n into v, or reports a fault and leaves v unchanged.
func (w *walker) value(n *yaml.Node, v reflect.Value, path string) {
	if !w.spend(n, path) {
		return
	}
	if n.Kind == yaml.AliasNode {
		if w.open[n.Alias] {
			w.failNode(n, path, "the alias contains itself")
			return
		}
		w.open[n.Alias] = true
		defer delete(w.open, n.Alias)
		w.value(n.Alias, v, path)
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		if isNull(n) {
			return
		}
		inner := reflect.New(v.Type().Elem())
		w.value(n, inner.Elem(), path)
		v.Set(inner)
	case v.Type() == quantityType:
		w.quantity(n, v, path)
	case v.Kind() == reflect.Struct:
		w.structure(n, v, path)
	case v.Kind() == reflect.Slice:
		w.slice(n, v, path)
	case v.Kind() == reflect.Map:
		w.stringMap(n, v, path)
	default:
		w.scalar(n, v, path)
	}
}

func (w *walker) structure(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		if !isNull(n) || isItem(path) {
			w.failNode(n, path, "want a mapping, is "+kindOf(n))
		}
		return
	}
	fields := fieldsOf(v.Type())
	for _, p := range w.pairs(n, path) {
		at := join(path, p.key.Value)
		target, ok := find(fields, p.key.Value)
		if !ok {
			if v.Type() == workspaceType && p.key.Value == "status" {
				w.failNode(p.key, at, v1alpha1.ForbiddenStatus().Detail)
				continue
			}
			rest, meant := unknownField(v.Type(), path, p.key.Value)
			w.failKey(p, path, "unknown field", rest)
			if meant != "" {
				w.meant = append(w.meant, meant)
			}
			continue
		}
		w.remember(p, at)
		w.value(p.value, v.FieldByIndex(target.index), at)
	}
}

func find(fields []structField, name string) (structField, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return structField{}, false
}

// remember records the place of a field: that of a scalar value, otherwise that of the key.
func (w *walker) remember(p pair, path string) {
	at := p.key
	if p.value.Kind == yaml.ScalarNode && p.value.Tag != nullTag {
		at = p.value
	}
	w.places[path] = place{at.Line, at.Column}
}

func (w *walker) slice(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		if !isNull(n) {
			w.failNode(n, path, "want a list, is "+kindOf(n))
		}
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		at := path + "[" + strconv.Itoa(i) + "]"
		w.places[at] = place{item.Line, item.Column}
		w.value(item, list.Index(i), at)
		if w.budget < 0 {
			return
		}
	}
	v.Set(list)
}

// stringMap decodes the only kind of map in the API: labels and annotations.
func (w *walker) stringMap(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			w.failNode(n, path, "want a mapping, is "+kindOf(n))
		}
		return
	}
	m := reflect.MakeMap(v.Type())
	for _, p := range w.pairs(n, path) {
		at := path + "[" + p.key.Value + "]"
		w.remember(p, at)
		text := reflect.New(v.Type().Elem()).Elem()
		// An entry without a value is the empty string, as in Kubernetes.
		if !isNull(p.value) {
			w.value(p.value, text, at)
		}
		m.SetMapIndex(reflect.ValueOf(p.key.Value), text)
	}
	v.Set(m)
}

func isItem(path string) bool { return path != "" && path[len(path)-1] == ']' }
