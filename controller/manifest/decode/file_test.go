package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// manifest returns a valid workspace with these lines below spec.
func manifest(name string, spec ...string) string {
	s := "apiVersion: dual.dev/v1alpha1\nkind: Workspace\nmetadata:\n  name: " + name + "\nspec:\n  image: node:22\n"
	for _, line := range spec {
		s += "  " + line + "\n"
	}
	return s
}

// summary is one line a document and one a fault.
func summary(docs []Document, syntax []Fault) string {
	var b strings.Builder
	for _, d := range docs {
		fmt.Fprintf(&b, "%s at %d", d.Name, d.Line)
		if d.Workspace != nil {
			fmt.Fprintf(&b, " runs %s", d.Workspace.Spec.Image)
		}
		b.WriteByte('\n')
		for _, e := range d.Faults {
			fmt.Fprintln(&b, e)
		}
	}
	for _, e := range syntax {
		fmt.Fprintln(&b, "syntax:", e)
	}
	return strings.TrimSpace(b.String())
}

func TestFileReadsEveryField(t *testing.T) {
	docs, syntax := File("shop.yaml", []byte(`
apiVersion: dual.dev/v1alpha1
kind: Workspace
metadata:
  name: shop-feat-auth
  labels: {team: web}
  annotations: {dual.dev/reconcile: disabled}
spec:
  image: node:22
  imagePullPolicy: IfNotPresent
  state: Running
  command: ["sh", "-c"]
  args: ["pnpm dev"]
  workingDir: /workspace
  hostname: shop-feat-auth
  env: [{name: NODE_ENV, value: development}, {name: EMPTY, value: }, {name: DAY, value: 2024-01-01}, {name: COUNT, value: !!str 3}]
  envFrom: [{file: .env.local}]
  source: {path: ../shop}
  mounts:
    - {type: volume, name: node-modules, target: /workspace/node_modules}
    - {type: bind, source: ~/.npmrc, target: /root/.npmrc, readOnly: yes}
  setup: |
    pnpm install
    pnpm build
  livenessProbe: {exec: {command: ["wget","-qO-","http://localhost:3000/health"]}, initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3}
  restartPolicy: Always
  resources: {limits: {cpu: 1.5, memory: 4Gi, pids: 4096}}
  network: bridge
  init: true
  terminationGracePeriodSeconds: 10
  securityContext: {user: "1000:1000", capabilities: {add: [], drop: [MKNOD]}, readOnlyRootFilesystem: false, allowPrivilegeEscalation: false}
  volumeReclaimPolicy: Delete
`))
	if len(syntax) > 0 || len(docs) != 1 || len(docs[0].Faults) > 0 {
		t.Fatal(summary(docs, syntax))
	}
	want := &v1alpha1.Workspace{
		TypeMeta: metav1.TypeMeta{APIVersion: "dual.dev/v1alpha1", Kind: "Workspace"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "shop-feat-auth", Labels: map[string]string{"team": "web"}, Annotations: map[string]string{"dual.dev/reconcile": "disabled"},
		},
		Spec: v1alpha1.WorkspaceSpec{
			Image: "node:22", ImagePullPolicy: "IfNotPresent", State: "Running", Command: []string{"sh", "-c"}, Args: []string{"pnpm dev"},
			WorkingDir: "/workspace", Hostname: "shop-feat-auth",
			Env:     []v1alpha1.EnvVar{{Name: "NODE_ENV", Value: "development"}, {Name: "EMPTY"}, {Name: "DAY", Value: "2024-01-01"}, {Name: "COUNT", Value: "3"}},
			EnvFrom: []v1alpha1.EnvFromSource{{File: ".env.local"}}, Source: &v1alpha1.Source{Path: "../shop"},
			Mounts: []v1alpha1.Mount{
				{Type: "volume", Name: "node-modules", Target: "/workspace/node_modules"},
				{Type: "bind", Source: "~/.npmrc", Target: "/root/.npmrc", ReadOnly: true},
			},
			Setup: "pnpm install\npnpm build\n",
			LivenessProbe: &v1alpha1.Probe{
				Exec:                v1alpha1.ExecAction{Command: []string{"wget", "-qO-", "http://localhost:3000/health"}},
				InitialDelaySeconds: 5, PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 3,
			},
			RestartPolicy: "Always",
			Resources: v1alpha1.Resources{Limits: v1alpha1.Limits{
				CPU: ptr.To(resource.MustParse("1500m")), Memory: ptr.To(resource.MustParse("4Gi")), PIDs: ptr.To[int64](4096),
			}},
			Network: "bridge", Init: ptr.To(true), TerminationGracePeriodSeconds: ptr.To[int64](10),
			SecurityContext: v1alpha1.SecurityContext{
				User: "1000:1000", Capabilities: v1alpha1.Capabilities{Add: []string{}, Drop: []string{"MKNOD"}}, AllowPrivilegeEscalation: ptr.To(false),
			},
			VolumeReclaimPolicy: "Delete",
		},
	}
	if diff := cmp.Diff(want, docs[0].Workspace); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFileDocuments(t *testing.T) {
	const jsonA = `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"a"},"spec":{"image":"node:22"}}`
	jsonB := strings.ReplaceAll(jsonA, `"a"`, `"b"`)
	tests := map[string]struct{ name, data, want string }{
		"one":              {"x.yaml", manifest("a"), "a at 1 runs node:22"},
		"several":          {"x.yaml", "# first\n---\n" + manifest("a") + "---\n\n" + manifest("b") + "...\n", "a at 3 runs node:22\nb at 11 runs node:22"},
		"empty documents":  {"x.yaml", "---\n---\n# nothing\n---\n" + manifest("a") + "---\n~\n---\n", "a at 5 runs node:22"},
		"CRLF":             {"x.yaml", strings.ReplaceAll(manifest("a")+"---\n"+manifest("b"), "\n", "\r\n"), "a at 1 runs node:22\nb at 8 runs node:22"},
		"UTF-8 BOM":        {"x.yaml", "\xef\xbb\xbf" + manifest("a"), "a at 1 runs node:22"},
		"JSON":             {"x.json", jsonA, "a at 1 runs node:22"},
		"JSON in YAML":     {"x.yaml", "\n" + jsonA + "\n", "a at 2 runs node:22"},
		"JSON stream":      {"x.json", jsonA + "\n" + jsonB, "a at 1 runs node:22\nb at 2 runs node:22"},
		"JSON stream yaml": {"x.yaml", jsonA + jsonB, "a at 1 runs node:22\nb at 1 runs node:22"},
		"JSON BOM":         {"x.JSON", "\xef\xbb\xbf" + jsonA, "a at 1 runs node:22"},
		"flow":             {"x.yml", "{apiVersion: dual.dev/v1alpha1, kind: Workspace, metadata: {name: a}, spec: {image: x}}", "a at 1 runs x"},
		"anchors":          {"x.yaml", manifest("a", "command: &c [sh, -c]", "args: *c"), "a at 1 runs node:22"},
		"a bad one": {
			"x.yaml", manifest("a", "imgae: y") + "---\n" + manifest("b"),
			"a at 1\nx.yaml:7:3: spec.imgae: unknown field \"imgae\"; did you mean \"image\"?\nb at 9 runs node:22",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, summary(File(tt.name, []byte(tt.data)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFileMergeKeys(t *testing.T) {
	docs, syntax := File("x.yaml", []byte(manifest("a",
		"livenessProbe: &p {exec: {command: [a]}, periodSeconds: 7}",
		"mounts:",
		"- &m {type: volume, name: v1, target: /v1, readOnly: true}",
		"- {<<: *m, target: /v2}",
		"- {<<: [{name: v3}, *m], target: /v3}",
		"- {<<: *m, <<: {name: v9}, target: /v4}",
	)))
	if len(syntax) > 0 || docs[0].Workspace == nil {
		t.Fatal(summary(docs, syntax))
	}
	want := []v1alpha1.Mount{
		{Type: "volume", Name: "v1", Target: "/v1", ReadOnly: true},
		{Type: "volume", Name: "v1", Target: "/v2", ReadOnly: true},
		{Type: "volume", Name: "v3", Target: "/v3", ReadOnly: true},
		{Type: "volume", Name: "v1", Target: "/v4", ReadOnly: true},
	}
	if diff := cmp.Diff(want, docs[0].Workspace.Spec.Mounts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONTextIsExact(t *testing.T) {
	docs, _ := File("x.json", []byte(`{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"a"},
		"spec":{"image":"node:22","setup":"a\tb \/ \ud83d\ude00","env":[{"name":"A","value":"yes"}],"terminationGracePeriodSeconds":3}}`))
	if len(docs) != 1 || docs[0].Workspace == nil {
		t.Fatal(summary(docs, nil))
	}
	if got := docs[0].Workspace.Spec.Setup; got != "a\tb / 😀" {
		t.Errorf("setup is %q", got)
	}
}

// Position serves faults that are found after decoding, such as a host path that must not be mounted.
func TestDocumentPosition(t *testing.T) {
	docs, _ := File("x.yaml", []byte("# comment\n"+manifest("a", "source: {path: ../shop}", "mounts:", "- {type: bind, source: /x, target: /y}")))
	for field, want := range map[string]string{
		"spec.source.path":       "8:18",
		"spec.mounts[0].source":  "10:26",
		"spec.mounts[0].nothing": "10:5",
		"spec.mounts[7].source":  "9:3",
		"spec.env":               "6:1",
		"nothing":                "2:1",
	} {
		line, column := docs[0].Position(field)
		if got := fmt.Sprintf("%d:%d", line, column); got != want {
			t.Errorf("%s is at %s, want %s", field, got, want)
		}
	}
}
