package decode

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// structField is one field of a manifest, taken from the JSON tags of the API types.
type structField struct {
	name  string
	index []int
}

var (
	metaType      = reflect.TypeFor[metav1.ObjectMeta]()
	workspaceType = reflect.TypeFor[v1alpha1.Workspace]()
	quantityType  = reflect.TypeFor[resource.Quantity]()
)

// metaFields are the fields of metadata that are valid in a file. An API server sets the others.
var metaFields = []string{"name", "labels", "annotations"}

var structFields sync.Map // reflect.Type → []structField

// fieldsOf returns the fields of a struct that a manifest may contain.
func fieldsOf(t reflect.Type) []structField {
	if cached, ok := structFields.Load(t); ok {
		return cached.([]structField)
	}
	var list []structField
	for _, f := range allFields(t) {
		switch {
		case t == metaType && !slices.Contains(metaFields, f.name):
		case t == workspaceType && f.name == "status":
		default:
			list = append(list, f)
		}
	}
	structFields.Store(t, list)
	return list
}

func allFields(t reflect.Type) []structField {
	var list []structField
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && strings.Contains(options, "inline") {
			for _, inner := range allFields(f.Type) {
				inner.index = append(slices.Clone(f.Index), inner.index...)
				list = append(list, inner)
			}
		} else if name != "" && name != "-" {
			list = append(list, structField{name, f.Index})
		}
	}
	return list
}

func fieldNames(fields []structField) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// elsewhere returns the paths at which a field of this name exists, the shallowest first.
func elsewhere(name string) []string { return pathsByName()[name] }

var pathsByName = sync.OnceValue(func() map[string][]string {
	paths := map[string][]string{}
	type item struct {
		t    reflect.Type
		path string
	}
	for queue := []item{{workspaceType, ""}}; len(queue) > 0; queue = queue[1:] {
		t, path := queue[0].t, queue[0].path
		for _, f := range fieldsOf(t) {
			at := join(path, f.name)
			paths[f.name] = append(paths[f.name], at)
			inner := t.FieldByIndex(f.index).Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				if inner.Kind() == reflect.Slice {
					at += "[]"
				}
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && inner != quantityType {
				queue = append(queue, item{inner, at})
			}
		}
	}
	return paths
})

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
