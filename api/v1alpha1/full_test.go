package v1alpha1

import (
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

// fullSpec has a value in every field. A field that the API gains must be added here, and with that to the tests that
// look at every field.
func fullSpec(t *testing.T) WorkspaceSpec {
	t.Helper()
	spec := WorkspaceSpec{
		Image: "node:22", ImagePullPolicy: PullAlways, ImageUpdatePolicy: ImageUpdateRecreate, SourceChangePolicy: SourceChangeIgnore, State: StateStopped,
		Command: []string{"sh", "-c"}, Args: []string{"pnpm dev"}, WorkingDir: "/srv", Hostname: "box",
		Env: []EnvVar{{"NODE_ENV", "development"}}, EnvFrom: []EnvFromSource{{"/src/.env"}}, Source: &Source{"/src"},
		Mounts: []Mount{
			{Type: MountVolume, Name: "modules", Target: "/modules", ReadOnly: true},
			{Type: MountBind, Source: "/home/me/.npmrc", Target: "/root/.npmrc", ReadOnly: true},
			{Type: MountTmpfs, Target: "/tmp", Tmpfs: &Tmpfs{Size: ptr.To(resource.MustParse("64Mi")), Exec: ptr.To(false)}},
		},
		Setup:               "pnpm install",
		SetupTimeoutSeconds: 60,
		LivenessProbe: &Probe{
			Exec: ExecAction{[]string{"true"}}, InitialDelaySeconds: 5, PeriodSeconds: 7, TimeoutSeconds: 2, FailureThreshold: 4,
		},
		RestartPolicy: RestartNever,
		Resources: Resources{Limits{
			CPU: ptr.To(resource.MustParse("2")), Memory: ptr.To(resource.MustParse("4Gi")), PIDs: ptr.To[int64](4096),
		}},
		Network: "dev", Init: ptr.To(false), TerminationGracePeriodSeconds: ptr.To[int64](3),
		SecurityContext: SecurityContext{
			User: "1000:1000", Capabilities: Capabilities{Add: []string{"NET_ADMIN"}, Drop: []string{"ALL"}},
			ReadOnlyRootFilesystem: true, AllowPrivilegeEscalation: ptr.To(false),
		},
		VolumeReclaimPolicy: VolumeDelete,
	}
	v := reflect.ValueOf(spec)
	for f, value := range v.Fields() {
		if value.IsZero() {
			t.Fatalf("fullSpec has no value for %s", f.Name)
		}
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
