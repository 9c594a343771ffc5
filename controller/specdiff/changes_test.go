package specdiff

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

func applied(t *testing.T, text string) LastApplied {
	t.Helper()
	var a LastApplied
	if err := yaml.UnmarshalStrict([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestChanges(t *testing.T) {
	tests := map[string]struct {
		old, new string
		want     []string
	}{
		"image":           {"image: node:20", "image: node:22", []string{"spec.image node:20 → node:22 (Recreate)"}},
		"same image":      {"image: busybox", "image: docker.io/library/busybox:latest", nil},
		"other registry":  {"image: busybox", "image: ghcr.io/library/busybox", []string{"spec.image busybox → ghcr.io/library/busybox (Recreate)"}},
		"defaults":        {"{}", "{imagePullPolicy: IfNotPresent, state: Running, hostname: shop, restartPolicy: Always, network: bridge, init: true, terminationGracePeriodSeconds: 10, volumeReclaimPolicy: Retain}", nil},
		"empty is absent": {"{}", "{command: [], args: [], env: [], mounts: [], resources: {limits: {}}, securityContext: {capabilities: {add: []}}}", nil},
		"quantities": {
			"resources: {limits: {cpu: 2, memory: 4Gi, pids: 4096}}", "resources: {limits: {cpu: 2000m, memory: 4096Mi, pids: 4096}}", nil,
		},
		"limits": {
			"resources: {limits: {cpu: 2, memory: 4Gi}}", "resources: {limits: {cpu: 1500m, pids: 100}}",
			[]string{"spec.resources.limits.cpu 2 → 1500m (InPlace)", "spec.resources.limits.memory 4Gi → (unset) (InPlace)", "spec.resources.limits.pids (unset) → 100 (InPlace)"},
		},
		"order of what has none": {
			"{env: [{name: A, value: a}, {name: B, value: b}], mounts: [{name: v, target: /v}, {type: tmpfs, target: /t}], securityContext: {capabilities: {add: [CAP_CHOWN, KILL]}}}",
			"{env: [{name: B, value: b}, {name: A, value: a}], mounts: [{type: tmpfs, target: /t/}, {name: v, target: /v}], securityContext: {capabilities: {add: [KILL, cap_chown, CHOWN]}}}",
			nil,
		},
		"order of a command": {"command: [a, b]", "command: [b, a]", []string{"spec.command changed (Recreate)"}},
		"env": {
			"env: [{name: A, value: a}, {name: B}]", "env: [{name: A, value: b}, {name: C}]",
			[]string{"spec.env[A] changed (Recreate)", `spec.env[B] *** → (unset) (Recreate)`, `spec.env[C] (unset) → *** (Recreate)`},
		},
		"secrets": {
			"env: [{name: GITHUB_TOKEN, value: s3cret}]", "env: [{name: GITHUB_TOKEN, value: n3w}, {name: DATABASE_URL, value: 'postgres://me:s3cret@db/x'}]",
			[]string{"spec.env[DATABASE_URL] (unset) → *** (Recreate)", "spec.env[GITHUB_TOKEN] changed (Recreate)"},
		},
		"commands": {
			"{command: [a, hunter2], args: [hunter2], setup: hunter2, livenessProbe: {exec: {command: [a, hunter2]}}}",
			"{command: [b, hunter2], args: [hunter2, c], setup: hunter2b, livenessProbe: {exec: {command: [hunter2]}}}",
			[]string{"spec.args changed (Recreate)", "spec.command changed (Recreate)", "spec.livenessProbe.exec.command changed (Controller)", "spec.setup changed (Recreate)"},
		},
		"a value in a name": {"{}", "env: [{name: 'TOKEN: hunter2', value: x}]", []string{"spec.env[TOKEN…] (unset) → *** (Recreate)"}},
		"env files":         {"envFromHash: sha256:1", "envFromHash: sha256:2", []string{"spec.envFrom content changed (Recreate)"}},
		"new env file":      {"{}", "envFromHash: sha256:2", []string{"spec.envFrom content changed (Recreate)"}},
		"moved env file":    {"{envFrom: [{file: a}], envFromHash: sha256:1}", "{envFrom: [{file: b}], envFromHash: sha256:1}", nil},
		"mounts":            {"mounts: [{name: v, target: /v}]", "mounts: [{type: bind, source: /x, target: /v, readOnly: true}]", []string{"spec.mounts[/v] volume v → bind /x read-only (Recreate)"}},
		"state":             {"{}", "state: Stopped", []string{"spec.state Running → Stopped (State)"}},
		"for the loop":      {"{}", "{restartPolicy: Never, imagePullPolicy: Always, terminationGracePeriodSeconds: 1, volumeReclaimPolicy: Delete}", []string{"spec.imagePullPolicy IfNotPresent → Always (Controller)", "spec.restartPolicy Always → Never (Controller)", "spec.terminationGracePeriodSeconds 10 → 1 (Controller)", "spec.volumeReclaimPolicy Retain → Delete (Controller)"}},
		"probe":             {"livenessProbe: {exec: {command: [a]}}", "livenessProbe: {exec: {command: [a]}, timeoutSeconds: 9}", []string{"spec.livenessProbe.timeoutSeconds 1 → 9 (Controller)"}},
		"probe's defaults":  {"livenessProbe: {exec: {command: [a]}}", "livenessProbe: {exec: {command: [a]}, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3}", nil},
		"new probe":         {"{}", "livenessProbe: {exec: {command: [a]}}", []string{"spec.livenessProbe (unset) → *** (Controller)"}},
		"source": {
			"{}", "source: {path: /src}",
			[]string{"spec.source.path (unset) → /src (Recreate)", "spec.workingDir (unset) → /workspace (Recreate)"},
		},
		"flags": {
			"{}", "{init: false, securityContext: {allowPrivilegeEscalation: false}}",
			[]string{"spec.init true → false (Recreate)", "spec.securityContext.allowPrivilegeEscalation true → false (Recreate)"},
		},
		"lines":      {"setup: a", `setup: "a\nb"`, []string{"spec.setup changed (Recreate)"}},
		"long texts": {"source: {path: /" + strings.Repeat("x", 200) + "1}", "source: {path: /" + strings.Repeat("x", 200) + "2}", []string{"spec.source.path …" + strings.Repeat("x", 59) + "1 → …" + strings.Repeat("x", 59) + "2 (Recreate)"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range Changes(applied(t, tt.old), applied(t, tt.new), "shop") {
				got = append(got, fmt.Sprintf("%s (%s)", c, c.Class))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A field that Changes does not look at would be an edit that never reaches the container.
func TestChangesSeeEveryField(t *testing.T) {
	old := LastApplied{WorkspaceSpec: fullSpec(t), EnvFromHash: "sha256:1"}
	var paths []string
	eachLeaf(reflect.ValueOf(&old).Elem(), "", func(path string, _ reflect.Value) { paths = append(paths, path) })
	if len(paths) < 40 {
		t.Fatalf("found only %d leaves: %v", len(paths), paths)
	}
	for i, path := range paths {
		next := LastApplied{WorkspaceSpec: *old.WorkspaceSpec.DeepCopy(), EnvFromHash: old.EnvFromHash}
		n := -1
		eachLeaf(reflect.ValueOf(&next).Elem(), "", func(_ string, leaf reflect.Value) {
			if n++; n == i {
				flip(leaf)
			}
		})
		changes := Changes(old, next, "shop")
		// Of env files only the content counts; a bind mount's name and a volume's source are not allowed at all.
		if strings.Contains(path, "EnvFrom[]") {
			if len(changes) != 0 {
				t.Errorf("%s: %v", path, changes)
			}
			continue
		}
		if empty := slices.Contains([]string{".WorkspaceSpec.Mounts[].Name", ".WorkspaceSpec.Mounts[].Source"}, path) && leafText(old, i) == ""; empty {
			continue
		}
		if len(changes) == 0 {
			t.Errorf("%s: a change is not seen", path)
		}
		if again := Changes(next, next, "shop"); len(again) != 0 {
			t.Errorf("%s: differs from itself: %v", path, again)
		}
	}
}

func leafText(a LastApplied, index int) (text string) {
	n := -1
	eachLeaf(reflect.ValueOf(&a).Elem(), "", func(_ string, leaf reflect.Value) {
		if n++; n == index {
			text = leaf.String()
		}
	})
	return text
}

func flip(leaf reflect.Value) {
	switch leaf.Kind() {
	case reflect.String:
		leaf.SetString(leaf.String() + "x")
	case reflect.Bool:
		leaf.SetBool(!leaf.Bool())
	case reflect.Int32, reflect.Int64:
		leaf.SetInt(leaf.Int() + 1)
	default:
		q := leaf.Addr().Interface().(*resource.Quantity)
		q.Add(resource.MustParse("1"))
	}
}
