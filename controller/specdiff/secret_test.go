package specdiff

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// TestMasked: names stay, values go, and the workspace itself stays as it was.
func TestMasked(t *testing.T) {
	ws := &v1alpha1.Workspace{Spec: applied(t, `{image: node, env: [{name: TOKEN, value: hunter2}, {name: EMPTY}, {name: "A: hunter2", value: x}],
		command: [/bin/sh, -c, hunter2], args: [hunter2], setup: hunter2, livenessProbe: {exec: {command: ["curl hunter2", hunter2]}}}`).WorkspaceSpec}
	before := ws.DeepCopy()
	masked := Masked(ws).Spec
	want := v1alpha1.WorkspaceSpec{
		Image: "node", Env: []v1alpha1.EnvVar{{Name: "TOKEN", Value: "***"}, {Name: "EMPTY"}, {Name: "A…", Value: "***"}},
		Command: []string{"/bin/sh", "***", "***"}, Args: []string{"***"}, Setup: "***",
		LivenessProbe: &v1alpha1.Probe{Exec: v1alpha1.ExecAction{Command: []string{"***", "***"}}},
	}
	if diff := cmp.Diff(want, masked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !reflect.DeepEqual(before, ws) {
		t.Error("masking wrote into the workspace")
	}
}

// TestMaskedKnowsEverySecretField: a field that SecretField names is masked.
func TestMaskedKnowsEverySecretField(t *testing.T) {
	full := fullSpec(t)
	seen := map[string]bool{}
	eachLeaf(reflect.ValueOf(&full).Elem(), "", func(path string, leaf reflect.Value) {
		path = "spec" + strings.ReplaceAll(fieldPath(path), "[]", "[0]")
		if SecretField(path) && leaf.Kind() == reflect.String {
			leaf.SetString("hunter 2")
			seen[path] = true
		}
	})
	if len(seen) < 5 {
		t.Fatalf("found only %v", seen)
	}
	masked := Masked(&v1alpha1.Workspace{Spec: full}).Spec
	eachLeaf(reflect.ValueOf(&masked).Elem(), "", func(path string, leaf reflect.Value) {
		if leaf.Kind() == reflect.String && strings.Contains(leaf.String(), "hunter") {
			t.Errorf("%s is shown", path)
		}
	})
}

// fieldPath is a path of Go's names in the names of manifests.
func fieldPath(path string) string {
	words := strings.Split(path, ".")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToLower(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, ".")
}

func TestSecretField(t *testing.T) {
	for path, want := range map[string]bool{
		"spec.env[0].value": true, "spec.env[TOKEN]": true, "spec.env[0].name": false, "spec.args": true, "spec.args[12]": true,
		"spec.setup": true, "spec.setupTimeoutSeconds": false, "spec.command[0]": true, "spec.livenessProbe.exec.command[1]": true,
		"spec.livenessProbe": false, "spec.envFrom[0].file": false, "spec.image": false, "metadata.labels[spec.setup]": false,
	} {
		if got := SecretField(path); got != want {
			t.Errorf("SecretField(%s) = %v", path, got)
		}
	}
}
