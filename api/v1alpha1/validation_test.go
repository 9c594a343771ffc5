package v1alpha1

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func workspace(t *testing.T, spec string) *Workspace {
	t.Helper()
	ws := &Workspace{TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind}, ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	ws.Spec.Image = "node:22"
	if err := yaml.UnmarshalStrict([]byte(spec), &ws.Spec); err != nil {
		t.Fatal(err)
	}
	return ws
}

func faults(ws *Workspace) []string {
	var list []string
	for _, e := range Validate(ws) {
		list = append(list, e.Error())
	}
	return list
}

func TestValidateFull(t *testing.T) {
	ws := workspace(t, "{}")
	ws.Labels = map[string]string{"team": "web", "example.com/tier": ""}
	ws.Annotations = map[string]string{"dual.dev/reconcile": "disabled", "Example.com/Note": "anything at all"}
	ws.Spec = fullSpec(t)
	if got := faults(ws); got != nil {
		t.Error(got)
	}
	SetDefaults(&ws.Spec, ws.Name)
	if got := faults(ws); got != nil {
		t.Error("defaulted:", got)
	}
}

// invalidSpecs have one fault each, in the words that its author reads.
var invalidSpecs = []struct{ spec, want string }{
	{"image: ''", "spec.image: Required value: name a Docker image, such as node:22"},
	{"image: Node:22", `spec.image: Invalid value: "Node:22": is no image reference such as node:22 or ghcr.io/owner/name:tag; did you mean "node:22"?`},
	{"image: 'a b'", `spec.image: Invalid value: "a b": is no image reference such as node:22 or ghcr.io/owner/name:tag`},
	{"state: runing", `spec.state: Unsupported value: "runing": supported values: "Running", "Stopped"; did you mean "Running"?`},
	{"imagePullPolicy: Sometimes", `spec.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`},
	{"restartPolicy: on-failure", `spec.restartPolicy: Unsupported value: "on-failure": supported values: "Always", "OnFailure", "Never"; did you mean "OnFailure"?`},
	{"volumeReclaimPolicy: Recycle", `spec.volumeReclaimPolicy: Unsupported value: "Recycle": supported values: "Retain", "Delete"`},
	{"workingDir: app", `spec.workingDir: Invalid value: "app": must be an absolute path in the container, such as /workspace`},
	{"hostname: my_box", `spec.hostname: Invalid value: "my_box": must be letters, digits, - and ., begin and end with a letter or digit, and have at most 63 characters`},
	{"network: host", `spec.network: Invalid value: "host": the host's network would make workspaces share ports; use bridge, none or the name of a Docker network`},
	{"network: 'container:web'", `spec.network: Invalid value: "container:web": a workspace has its own network namespace; use bridge, none or the name of a Docker network`},
	{"network: default", `spec.network: Invalid value: "default": write bridge for the engine's default network`},
	{"network: a/b", `spec.network: Invalid value: "a/b": is no network name; use bridge, none or the name of a Docker network`},
	{"terminationGracePeriodSeconds: -1", "spec.terminationGracePeriodSeconds: Invalid value: -1: must be at least 0"},
	{"terminationGracePeriodSeconds: 9999999999", "spec.terminationGracePeriodSeconds: Invalid value: 9999999999: must be at most 2147483647 (68 years)"},

	{"env: [{name: ''}]", "spec.env[0].name: Required value: every variable needs a name"},
	{"env: [{name: 'A=s3cret'}]", `spec.env[0].name: Invalid value: "A=…": must not contain =; the value goes into the field value`},
	{`env: [{name: "A\0"}]`, `spec.env[0].name: Invalid value: "A…": must not contain NUL`},
	{`env: [{name: A, value: "s3cret\0"}]`, "spec.env[0].value: Forbidden: must not contain NUL"},
	{"env: [{name: A, value: s3cret}, {name: A, value: x}]", `spec.env[1].name: Duplicate value: "A"`},
	{"envFrom: [{file: ''}]", "spec.envFrom[0].file: Required value: name a path of the host; a relative one starts at the manifest's file"},
	{"source: {path: ''}", "spec.source.path: Required value: name a path of the host; a relative one starts at the manifest's file"},

	{"mounts: [{name: v1, target: ''}]", "spec.mounts[0].target: Required value: say where in the container to mount, such as /data"},
	{"mounts: [{name: v1, target: data}]", `spec.mounts[0].target: Invalid value: "data": must be an absolute path in the container, such as /data`},
	{"mounts: [{name: v1, target: /a/..}]", `spec.mounts[0].target: Invalid value: "/a/..": a mount cannot replace the container's root`},
	{"mounts: [{name: v1, target: /a}, {name: v2, target: /a/}]", `spec.mounts[1].target: Invalid value: "/a/": is already the target of spec.mounts[0]`},
	{"{source: {path: .}, mounts: [{name: v1, target: /workspace}]}", `spec.mounts[0].target: Invalid value: "/workspace": is already the target of spec.source`},
	{"mounts: [{type: bind, source: /x, name: v1, target: /a}]", "spec.mounts[0].name: Forbidden: a bind mount has a source, not a name"},
	{"mounts: [{type: bind, target: /a}]", "spec.mounts[0].source: Required value: name a path of the host; a relative one starts at the manifest's file"},
	{"mounts: [{name: v1, source: /x, target: /a}]", "spec.mounts[0].source: Forbidden: a volume has a name, not a source; for a path of the host write type: bind"},
	{"mounts: [{type: volume, target: /a}]", "spec.mounts[0].name: Required value: a volume needs a name"},
	{"mounts: [{name: ./x, target: /a}]", `spec.mounts[0].name: Invalid value: "./x": must be a letter or digit and then letters, digits, _, . or - (Docker's [a-zA-Z0-9][a-zA-Z0-9_.-]+)`},
	{"mounts: [{name: v1, target: /a, tmpfs: {size: 1Gi}}]", "spec.mounts[0].tmpfs: Forbidden: only a mount of type tmpfs has these options; write type: tmpfs"},
	{"mounts: [{type: tmpfs, target: /a, tmpfs: {size: -1}}]", `spec.mounts[0].tmpfs.size: Invalid value: "-1": must be at least one byte, such as 64Mi`},
	{"mounts: [{type: tmpfs, name: v1, target: /a}]", "spec.mounts[0].name: Forbidden: a tmpfs has no name"},
	{"mounts: [{type: tmpfs, source: /x, target: /a}]", "spec.mounts[0].source: Forbidden: a tmpfs has no source"},
	{"mounts: [{type: volum, name: v1, target: /a}]", `spec.mounts[0].type: Unsupported value: "volum": supported values: "bind", "volume", "tmpfs"; did you mean "volume"?`},

	{"livenessProbe: {exec: {command: []}}", "spec.livenessProbe.exec.command: Required value: name the program that probes, and its arguments"},
	{"livenessProbe: {exec: {command: ['']}}", `spec.livenessProbe.exec.command[0]: Invalid value: "": must name the program that probes`},
	{"livenessProbe: {exec: {command: [a]}, initialDelaySeconds: -1}", "spec.livenessProbe.initialDelaySeconds: Invalid value: -1: must be at least 0"},
	{"livenessProbe: {exec: {command: [a]}, periodSeconds: -1}", "spec.livenessProbe.periodSeconds: Invalid value: -1: must be at least 1"},
	{"livenessProbe: {exec: {command: [a]}, timeoutSeconds: -1}", "spec.livenessProbe.timeoutSeconds: Invalid value: -1: must be at least 1"},
	{"livenessProbe: {exec: {command: [a]}, failureThreshold: -1}", "spec.livenessProbe.failureThreshold: Invalid value: -1: must be at least 1"},

	{"resources: {limits: {cpu: 0}}", `spec.resources.limits.cpu: Invalid value: "0": must be at least 10m, a hundredth of a core`},
	{"resources: {limits: {cpu: -1}}", `spec.resources.limits.cpu: Invalid value: "-1": must be at least 10m, a hundredth of a core`},
	{"resources: {limits: {cpu: 1.0005}}", `spec.resources.limits.cpu: Invalid value: "1000500u": must be a multiple of 1m, a thousandth of a core`},
	{"resources: {limits: {cpu: 1G}}", `spec.resources.limits.cpu: Invalid value: "1G": is out of range; leave it out for no limit`},
	{"resources: {limits: {memory: 512m}}", `spec.resources.limits.memory: Invalid value: "512m": must be at least 6Mi, the least that Docker accepts; mind the unit: Mi and Gi are bytes, m is a thousandth`},
	{"resources: {limits: {memory: 7000000.5}}", `spec.resources.limits.memory: Invalid value: "7000000500m": must be a whole number of bytes`},
	{"resources: {limits: {pids: 0}}", `spec.resources.limits.pids: Invalid value: 0: must be at least 1; leave it out for no limit`},

	{"securityContext: {user: '1000:'}", `spec.securityContext.user: Invalid value: "1000:": must be user or user:group, by name or number, such as 1000:1000`},
	{"securityContext: {capabilities: {add: [net_admin]}}", `spec.securityContext.capabilities.add[0]: Invalid value: "net_admin": must be a Linux capability in upper case, such as NET_ADMIN`},
	{"securityContext: {capabilities: {drop: [KILL, CAP_KILL]}}", `spec.securityContext.capabilities.drop[1]: Duplicate value: "CAP_KILL"`},
	{"securityContext: {capabilities: {add: [KILL], drop: [CAP_KILL]}}", `spec.securityContext.capabilities.add[0]: Invalid value: "KILL": is in drop as well; keep one of them`},
	{"securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}", "spec.securityContext.capabilities.add[0]: Forbidden: CAP_SYS_ADMIN amounts to privileged mode, which a workspace cannot have"},
}

func TestValidateSpec(t *testing.T) {
	for _, tt := range invalidSpecs {
		t.Run(tt.spec, func(t *testing.T) {
			if diff := cmp.Diff([]string{tt.want}, faults(workspace(t, tt.spec))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

var validSpecs = []string{
	"securityContext: {capabilities: {drop: [ALL], add: [CAP_NET_ADMIN, SYS_PTRACE]}}",
	"securityContext: {user: node}",
	"resources: {limits: {cpu: 10m, memory: 6Mi, pids: 1}}",
	"mounts: [{type: tmpfs, target: /tmp}, {name: v1, target: /workspace}]",
	"mounts: [{type: bind, source: ../x, target: /workspace/x}]",
	"network: none", "network: shop_default", "hostname: Shop.example.com", "terminationGracePeriodSeconds: 0",
	"livenessProbe: {exec: {command: [a]}, periodSeconds: 0}",
	"image: ghcr.io/o/n@sha256:" + strings.Repeat("0", 64),
}

func TestValidateAcceptedSpecs(t *testing.T) {
	for _, spec := range validSpecs {
		if got := faults(workspace(t, spec)); got != nil {
			t.Errorf("%s: %v", spec, got)
		}
	}
}

// Whatever amounts to privileged mode cannot be added, however it is spelt.
func TestPrivilegedCapabilities(t *testing.T) {
	for _, name := range []string{"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH", "BPF", "PERFMON"} {
		for _, spelt := range []string{name, "CAP_" + name, strings.ToLower(name)} {
			if got := faults(workspace(t, "securityContext: {capabilities: {add: ["+spelt+"]}}")); got == nil {
				t.Errorf("%s is accepted", spelt)
			}
		}
	}
}

func TestValidateObject(t *testing.T) {
	long := strings.Repeat("a", 54)
	tests := map[string]struct {
		edit func(*Workspace)
		want []string
	}{
		"no type": {func(w *Workspace) { w.TypeMeta = metav1.TypeMeta{} }, []string{
			"apiVersion: Required value: write apiVersion: dual.dev/v1alpha1", "kind: Required value: write kind: Workspace",
		}},
		"misspelt type": {func(w *Workspace) { w.APIVersion, w.Kind = "dual.dev/v1alpha", "Workspce" }, []string{
			`apiVersion: Unsupported value: "dual.dev/v1alpha": supported values: "dual.dev/v1alpha1"; did you mean "dual.dev/v1alpha1"?`,
			`kind: Unsupported value: "Workspce": supported values: "Workspace"; did you mean "Workspace"?`,
		}},
		"other kind":   {func(w *Workspace) { w.Kind = "Deployment" }, []string{`kind: Unsupported value: "Deployment": supported values: "Workspace"`}},
		"no name":      {func(w *Workspace) { w.Name = "" }, []string{"metadata.name: Required value: every workspace needs a name, unique in the instance"}},
		"name's shape": {func(w *Workspace) { w.Name = "Feat_Auth" }, []string{`metadata.name: Invalid value: "Feat_Auth": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`}},
		"long name":    {func(w *Workspace) { w.Name = long }, []string{`metadata.name: Invalid value: "` + long + `": must be no more than 53 characters, has 54`}},
		"longer name": {func(w *Workspace) { w.Name = long + long }, []string{
			`metadata.name: Invalid value: "` + long + long + `": must be no more than 53 characters, has 108`,
		}},
		"label": {func(w *Workspace) { w.Labels = map[string]string{"team": "a b"} }, []string{
			`metadata.labels[team]: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
		}},
		"our label": {func(w *Workspace) { w.Labels = map[string]string{LabelInstance: "other"} }, []string{
			"metadata.labels[dual.dev/instance]: Forbidden: labels that begin with dual.dev/ are the controller's own; choose another prefix",
		}},
		"annotation": {func(w *Workspace) { w.Annotations = map[string]string{AnnotationReconcile: "disable"} }, []string{
			`metadata.annotations[dual.dev/reconcile]: Unsupported value: "disable": supported values: "disabled", "enabled"; did you mean "disabled"?`,
		}},
		"misspelt annotation": {func(w *Workspace) { w.Annotations = map[string]string{"dual.dev/reconsile": "disabled"} }, []string{
			`metadata.annotations: Unsupported value: "dual.dev/reconsile": supported values: "dual.dev/reconcile"; did you mean "dual.dev/reconcile"?`,
		}},
		"other metadata": {func(w *Workspace) { w.Namespace = "x" }, []string{"metadata: Forbidden: takes only name, labels and annotations"}},
		"status": {func(w *Workspace) { w.Status.RestartCount = 1 }, []string{
			"status: Forbidden: status is what the controller observes and is never read from a manifest; remove it",
		}},
		"all at once": {func(w *Workspace) { w.Name, w.Spec.Image, w.Spec.State = "", "", "On" }, []string{
			"metadata.name: Required value: every workspace needs a name, unique in the instance",
			"spec.image: Required value: name a Docker image, such as node:22",
			`spec.state: Unsupported value: "On": supported values: "Running", "Stopped"`,
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ws := workspace(t, "{}")
			tt.edit(ws)
			if diff := cmp.Diff(tt.want, faults(ws)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
