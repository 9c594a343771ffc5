package v1alpha1

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

func TestSetDefaults(t *testing.T) {
	tests := map[string]struct{ spec, want WorkspaceSpec }{
		"everything open": {
			spec: WorkspaceSpec{Image: "node:22"},
			want: WorkspaceSpec{
				Image: "node:22", ImagePullPolicy: "IfNotPresent", ImageUpdatePolicy: "Notify", SetupTimeoutSeconds: 1800, State: "Running", Hostname: "shop", RestartPolicy: "Always", Network: "bridge",
				Init: ptr.To(true), TerminationGracePeriodSeconds: ptr.To[int64](10), VolumeReclaimPolicy: "Retain", SecurityContext: SecurityContext{AllowPrivilegeEscalation: ptr.To(true)},
			},
		},
		"nested": {
			spec: WorkspaceSpec{Source: &Source{"/src"}, Mounts: []Mount{{Name: "v", Target: "/v"}}, LivenessProbe: &Probe{}},
			want: WorkspaceSpec{
				ImagePullPolicy: "IfNotPresent", ImageUpdatePolicy: "Notify", SetupTimeoutSeconds: 1800, State: "Running", Hostname: "shop", RestartPolicy: "Always", Network: "bridge",
				Init: ptr.To(true), TerminationGracePeriodSeconds: ptr.To[int64](10), VolumeReclaimPolicy: "Retain", SecurityContext: SecurityContext{AllowPrivilegeEscalation: ptr.To(true)},
				Source: &Source{"/src"}, WorkingDir: "/workspace", Mounts: []Mount{{Type: "volume", Name: "v", Target: "/v"}},
				LivenessProbe: &Probe{PeriodSeconds: 10, TimeoutSeconds: 1, FailureThreshold: 3},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			SetDefaults(&tt.spec, "shop")
			if diff := cmp.Diff(tt.want, tt.spec); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSetDefaultsKeepsWhatIsWritten(t *testing.T) {
	spec := fullSpec(t)
	want := *spec.DeepCopy()
	SetDefaults(&spec, "other")
	if diff := cmp.Diff(want, spec); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The defaults of the CRD are what kubectl explain and editors show: they must be those that SetDefaults sets.
func TestDefaultsAgreeWithCRD(t *testing.T) {
	var spec WorkspaceSpec
	spec.Mounts, spec.LivenessProbe = make([]Mount, 1), &Probe{}
	SetDefaults(&spec, "")
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := crdDefaults(crdSpec(t))
	want["mounts"] = []any{crdDefaults(at(crdSpec(t), "properties", "mounts", "items"))}
	want["securityContext"] = crdDefaults(at(crdSpec(t), "properties", "securityContext"))
	want["livenessProbe"] = crdDefaults(at(crdSpec(t), "properties", "livenessProbe"))
	for _, required := range []string{"image"} {
		delete(got, required)
	}
	delete(got["mounts"].([]any)[0].(map[string]any), "target")
	delete(got["livenessProbe"].(map[string]any), "exec")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-CRD +SetDefaults:\n%s", diff)
	}
}

func crdSpec(t *testing.T) map[string]any {
	t.Helper()
	var root map[string]any
	if err := yaml.Unmarshal(CRD(), &root); err != nil {
		t.Fatal(err)
	}
	version := at(root, "spec")["versions"].([]any)[0].(map[string]any)
	return at(version, "schema", "openAPIV3Schema", "properties", "spec")
}

func at(m map[string]any, path ...string) map[string]any {
	for _, p := range path {
		m = m[p].(map[string]any)
	}
	return m
}

func crdDefaults(schema map[string]any) map[string]any {
	defaults := map[string]any{}
	for name, property := range at(schema, "properties") {
		if d, ok := property.(map[string]any)["default"]; ok {
			defaults[name] = d
		}
	}
	return defaults
}
