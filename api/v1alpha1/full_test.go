package v1alpha1

import (
	"os"
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"
)

// fullSpec has a value in every field.
func fullSpec(t *testing.T) WorkspaceSpec {
	t.Helper()
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var spec WorkspaceSpec
	if err := yaml.UnmarshalStrict(data, &spec); err != nil {
		t.Fatal(err)
	}
	for f, value := range reflect.ValueOf(spec).Fields() {
		if value.IsZero() {
			t.Fatalf("testdata/full.yaml has no value for %s", f.Name)
		}
	}
	return spec
}
