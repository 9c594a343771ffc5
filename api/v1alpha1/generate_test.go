package v1alpha1

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Generated files that are behind the types describe another API than the program has.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("runs controller-gen")
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "../../hack/generate", dir).CombinedOutput(); err != nil {
		t.Fatalf("hack/generate: %v\n%s", err, out)
	}
	for _, file := range []string{"zz_generated.deepcopy.go", "crd/dual.dev_workspaces.yaml", "schema/workspace.schema.json"} {
		fresh, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(fresh) != string(kept) {
			t.Errorf("%s is stale; run hack/generate", file)
		}
	}
}

func TestJSONSchemaClosesEveryObject(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(JSONSchema(), &root); err != nil {
		t.Fatal(err)
	}
	objects := 0
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		if s["description"] == nil && path != "" && s["enum"] == nil && path[len(path)-1] != ']' {
			t.Errorf("%s has no description", path)
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
		properties, ok := s["properties"].(map[string]any)
		if !ok {
			return
		}
		objects++
		if s["additionalProperties"] == nil {
			t.Errorf("%s is open", path)
		}
		for name, p := range properties {
			walk(path+"."+name, p.(map[string]any))
		}
	}
	walk("", root)
	if objects < 12 {
		t.Errorf("found %d objects", objects)
	}
	properties := at(root, "properties")
	if got := at(properties, "apiVersion")["const"]; got != APIVersion {
		t.Errorf("apiVersion: %v", got)
	}
	if got := at(properties, "kind")["const"]; got != Kind {
		t.Errorf("kind: %v", got)
	}
	if got := at(properties, "metadata", "properties", "name")["maxLength"]; got != float64(MaxNameLength) {
		t.Errorf("name: %v", got)
	}
	if _, ok := properties["status"]; ok {
		t.Error("status may be written")
	}
}
