package specdiff

import (
	"os"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// fullSpec has a value in every field: a test of the API sees to it.
func fullSpec(t *testing.T) v1alpha1.WorkspaceSpec {
	t.Helper()
	data, err := os.ReadFile("../../api/v1alpha1/testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var spec v1alpha1.WorkspaceSpec
	if err := yaml.UnmarshalStrict(data, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// eachLeaf calls visit with every string, number, flag and quantity below v, which must be addressable.
func eachLeaf(v reflect.Value, path string, visit func(path string, leaf reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[resource.Quantity]():
		visit(path, v)
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			eachLeaf(v.Elem(), path, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			eachLeaf(v.Index(i), path+"[]", visit)
		}
	case v.Kind() == reflect.Struct:
		for f, value := range v.Fields() {
			eachLeaf(value, path+"."+f.Name, visit)
		}
	default:
		visit(path, v)
	}
}
