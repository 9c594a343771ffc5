package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	b := newBench(t)
	b.Env = append(b.Env, "DOCKER_HOST=unix:///nonexistent.sock") // It needs no engine.
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("sub/b.json", `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"b"},"spec":{"image":"busybox"}}`)
	r := b.Do("validate")
	if r.Code != 0 || r.Stderr != "" || !strings.HasPrefix(r.Stdout, "2 workspaces valid in ") {
		t.Fatalf("validate of valid manifests: %+v", r)
	}

	b.Write("typo.yaml", b.sleeper("typo")+"  evn: []\n")
	b.Write("value.yaml", b.manifest("value", "image: busybox", "restartPolicy: Allways"))
	b.Write("syntax.yaml", "spec:\n  image: [\n")
	r = b.Do("validate")
	if r.Code != 1 {
		t.Errorf("exit code %d, want 1", r.Code)
	}
	b.wantWords("validate", r.Stderr, "typo.yaml:9:3: spec.evn", `"env"`, "value.yaml:7:18: spec.restartPolicy", `"Always"`, "syntax.yaml:")

	r = b.Do("validate", "-o", "json")
	var doc struct {
		Valid      bool
		Workspaces int
		Problems   []map[string]any
	}
	if err := json.Unmarshal([]byte(r.Stdout), &doc); err != nil || r.Code != 1 {
		t.Fatalf("validate -o json: %v: %+v", err, r)
	}
	if doc.Valid || doc.Workspaces != 2 || len(doc.Problems) != 3 {
		t.Errorf("validate -o json: %+v", doc)
	}
	for path, code := range map[string]int{
		filepath.Join(b.Dir, "a.yaml"): 0, filepath.Join(b.Dir, "sub"): 0,
		filepath.Join(b.Dir, "typo.yaml"): 1, filepath.Join(b.Dir, "nowhere"): 1,
	} {
		if r := b.Do("validate", path); r.Code != code {
			t.Errorf("validate %s: %+v", path, r)
		}
	}
	r = b.Do("validate", filepath.Join(b.Dir, "a.yaml"), filepath.Join(b.Dir, "sub"))
	if r.Code != 0 || !strings.Contains(r.Stdout, "2 workspaces valid in "+filepath.Join(b.Dir, "a.yaml")+", "+filepath.Join(b.Dir, "sub")) {
		t.Errorf("validate of two paths: %+v", r)
	}
}
