package decode

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// document decodes one document and finds all its faults.
func document(file string, root *yaml.Node) Document {
	w := newWalker(file)
	doc := Document{Line: root.Line, places: w.places}
	w.places[""] = place{root.Line, root.Column}
	if root.Kind != yaml.MappingNode {
		w.fail(w.places[""], "", "a document must be a mapping with apiVersion, kind, metadata and spec, and is "+kindOf(root))
		doc.Faults, doc.Foreign = w.faults, true
		return doc
	}

	doc.Name = w.nameOf(root)
	var ws v1alpha1.Workspace
	if w.isForeign(root) {
		// All fields of another kind are unknown here. Reporting them would hide the one relevant fault.
		w.faults = nil
		return Document{Name: doc.Name, Line: doc.Line, Faults: w.foreign(root), Foreign: true, places: w.places}
	}
	why := w.othersDocument(root)
	doc.Foreign = why != ""
	if doc.Foreign && w.only(root, "services") == nil { // A Compose file has a better hint.
		w.faults = nil
		w.fail(w.places[""], "", why+"; if it is meant to be a workspace, write apiVersion: "+v1alpha1.APIVersion+" and kind: "+v1alpha1.Kind)
		doc.Faults = w.faults
		return doc
	}
	w.value(root, reflect.ValueOf(&ws).Elem(), "")
	if w.budget >= 0 {
		w.validate(&ws)
	}
	sortFaults(w.faults)
	if len(w.faults) > 0 {
		doc.Faults = w.faults
		return doc
	}
	doc.Workspace = &ws
	return doc
}

// nameOf reads metadata.name, independently of other faults. It returns the empty string if the name is written twice,
// because either could be meant.
func (w *walker) nameOf(root *yaml.Node) string {
	metadata := w.only(root, "metadata")
	if metadata == nil || metadata.Kind != yaml.MappingNode {
		return ""
	}
	name := w.only(metadata, "name")
	if name == nil || name.Kind != yaml.ScalarNode || name.Tag == nullTag {
		return ""
	}
	return name.Value
}

// only returns the value of a key that a mapping has exactly once, otherwise nil.
func (w *walker) only(mapping *yaml.Node, key string) *yaml.Node {
	var found *yaml.Node
	for _, p := range w.quietPairs(mapping) {
		if p.key.Value == key {
			if found != nil {
				return nil
			}
			found = resolve(p.value)
		}
	}
	return found
}

// isForeign reports whether the document has another kind, which is not a misspelling of ours.
func (w *walker) isForeign(root *yaml.Node) bool {
	kind := w.only(root, "kind")
	if kind == nil || kind.Kind != yaml.ScalarNode || kind.Value == "" || kind.Value == v1alpha1.Kind {
		return false
	}
	_, near := suggest.Nearest(kind.Value, []string{v1alpha1.Kind})
	return !near || strings.HasSuffix(kind.Value, "List")
}

func (w *walker) foreign(root *yaml.Node) []Fault {
	kind := w.only(root, "kind")
	if strings.HasSuffix(kind.Value, "List") {
		w.fail(place{kind.Line, kind.Column}, "kind", "a "+kind.Value+" is not read; write its items as documents of their own, separated by ---")
		return w.faults
	}
	ws := &v1alpha1.Workspace{}
	ws.Kind = kind.Value
	w.places["kind"] = place{kind.Line, kind.Column}
	if v := w.only(root, "apiVersion"); v != nil && v.Kind == yaml.ScalarNode {
		ws.APIVersion = v.Value
		w.places["apiVersion"] = place{v.Line, v.Column}
	}
	for _, e := range v1alpha1.Validate(ws) {
		if e.Field == "apiVersion" || e.Field == "kind" {
			w.fail(nearest(w.places, e.Field, place{1, 1}), e.Field, e.ErrorBody())
		}
	}
	sortFaults(w.faults)
	return w.faults
}

// validate adds the faults of the values, except for fields in which decoding has already found a fault.
func (w *walker) validate(ws *v1alpha1.Workspace) {
	found := w.faults
	for _, e := range v1alpha1.Validate(ws) {
		if !w.covered(found, e) {
			w.fail(nearest(w.places, e.Field, place{1, 1}), e.Field, e.ErrorBody())
		}
	}
}

func (w *walker) covered(found []Fault, e *field.Error) bool {
	for _, f := range found {
		if f.Field != "" && !w.unnamed[place{f.Line, f.Column}] && inside(e.Field, f.Field) {
			return true
		}
	}
	if e.Type == field.ErrorTypeRequired {
		for _, m := range w.meant {
			if inside(e.Field, m) {
				return true
			}
		}
	}
	return false
}

// inside reports whether a field is the other one or a part of it.
func inside(field, of string) bool {
	rest, ok := strings.CutPrefix(field, of)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// nearest returns the place of a field, or of the nearest enclosing field that is written.
func nearest(places map[string]place, field string, otherwise place) place {
	for {
		if p, ok := places[field]; ok {
			return p
		}
		if field == "" {
			return otherwise
		}
		field = parent(field)
	}
}

// parent removes the last .name or [key] from a path. Keys may contain dots.
func parent(path string) string {
	if strings.HasSuffix(path, "]") {
		return path[:max(strings.LastIndexByte(path, '['), 0)]
	}
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}
