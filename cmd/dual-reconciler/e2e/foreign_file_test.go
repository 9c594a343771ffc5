package e2e

import (
	"strings"
	"testing"
)

// TestOtherToolsFiles puts another tool's files beside the manifests: they are reported and hold nothing, until one is written
// over a manifest.
func TestOtherToolsFiles(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	b.Write("values.yaml", "replicaCount: 3\n")
	b.Write("configmap.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "+b.Name("a")+"}\ndata: {a: b}\n")
	b.Write("package.json", `{"name": "x"}`)
	b.Write("notes.yaml", "# nothing yet\n")
	r := b.Apply(0)
	b.wantWords("apply", r.Stderr, "values.yaml:1:1: this is no workspace", "configmap.yaml", "package.json")
	if r := b.Do("diff"); r.Code != 0 || !strings.Contains(r.Stderr, "values.yaml:1:1") {
		t.Errorf("diff: %+v", r)
	}
	if r := b.Do("validate"); r.Code != 0 || !strings.Contains(r.Stderr, "values.yaml:1:1") {
		t.Errorf("validate: %+v", r)
	}
	if r := b.Do("validate", b.Dir+"/values.yaml"); r.Code != 1 {
		t.Errorf("validate of another tool's file: %+v", r)
	}
	loop := b.Run(quick...)
	a := b.Running("a")
	b.Delete("b.yaml")
	b.Gone("b")
	b.Same("a", a)

	// In this process and in the next one.
	b.Write("a.yaml", "replicaCount: 3\n")
	b.Shows("a", "InvalidManifest", "a.yaml:1:1")
	b.Stays("a manifest became another tool's file", map[string]*inspected{"a": a})
	loop.Kill()
	b.Run(quick...)
	b.Shows("a", "Held", "a.yaml")
	b.Stays("in the next controller", map[string]*inspected{"a": a})
	b.Delete("a.yaml")
	b.Gone("a")
}
