package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Lines of spec in a manifest whose spec starts on line 5; the faults are those that its author reads.
func TestFileFaults(t *testing.T) {
	lines := func(l ...string) []string { return l }
	tests := map[string]struct {
		spec []string
		want string
	}{
		"misspelt":         {lines("comand: [a]"), `x.yaml:7:3: spec.comand: unknown field "comand"; did you mean "command"?`},
		"nested misspelt":  {lines("mounts:", "  - {name: v1, traget: /a, target: /b}"), `x.yaml:8:18: spec.mounts[0].traget: unknown field "traget"; did you mean "target"?`},
		"case":             {lines("workingdir: /a"), `x.yaml:7:3: spec.workingdir: unknown field "workingdir"; did you mean "workingDir"?`},
		"no idea":          {lines("resources: {limits: {zebra: 1}}"), `x.yaml:7:24: spec.resources.limits.zebra: unknown field "zebra"; known here: cpu, memory, pids`},
		"wrong level":      {lines("resources: {cpu: 1}"), `x.yaml:7:15: spec.resources.cpu: unknown field "cpu" here; did you mean spec.resources.limits.cpu? Check the indentation`},
		"metadata in spec": {lines("labels: {a: b}"), `x.yaml:7:3: spec.labels: unknown field "labels" here; did you mean metadata.labels? Check the indentation`},
		"ports":            {lines("ports: [3000]"), `x.yaml:7:3: spec.ports: unknown field "ports"; workspaces publish no ports: each has its own network namespace; reach one with exec or at its IP`},
		"privileged":       {lines("privileged: true"), `x.yaml:7:3: spec.privileged: unknown field "privileged"; a workspace cannot be privileged, and there is no way to ask for it`},
		"volumes":          {lines("volumes: [a:/b]"), `x.yaml:7:3: spec.volumes: unknown field "volumes"; write spec.mounts with type, name or source, and target`},
		"environment":      {lines("environment: {A: b}"), `x.yaml:7:3: spec.environment: unknown field "environment"; write spec.env as a list of name and value`},
		"containers":       {lines("containers: []"), `x.yaml:7:3: spec.containers: unknown field "containers"; a workspace is one container; write its image, command and env directly under spec`},
		"renamed":          {lines("securityContext:", "  runAsUser: node"), `x.yaml:8:5: spec.securityContext.runAsUser: unknown field "runAsUser"; use user instead, with the same value`},
		"renamed behind another": {
			lines("securityContext: {readOnlyRootFilesystem: true, runAsUser: node}"),
			`x.yaml:7:51: spec.securityContext.runAsUser: unknown field "runAsUser"; use user instead, with the same value`,
		},
		"renamed and negated": {
			lines("securityContext:", "  noNewPrivileges: true"),
			`x.yaml:8:5: spec.securityContext.noNewPrivileges: unknown field "noNewPrivileges"; use allowPrivilegeEscalation instead, with the value negated: false for true`,
		},
		"of Docker":   {lines("user: node"), `x.yaml:7:3: spec.user: unknown field "user" here; did you mean spec.securityContext.user? Check the indentation`},
		"devices":     {lines("devices: [/dev/kvm]"), `x.yaml:7:3: spec.devices: unknown field "devices"; a workspace has no way to the host's devices`},
		"pid":         {lines("pid: host"), `x.yaml:7:3: spec.pid: unknown field "pid"; a workspace cannot share the host's namespaces`},
		"networkMode": {lines("networkMode: host"), `x.yaml:7:3: spec.networkMode: unknown field "networkMode"; write spec.network`},

		"text for a list":     {lines("command: sleep 1"), "x.yaml:7:12: spec.command: want a list, is text"},
		"list for text":       {lines("setup: [a]"), "x.yaml:7:10: spec.setup: want text, is a list"},
		"mapping for a list":  {lines("env: {A: b}"), "x.yaml:7:8: spec.env: want a list, is a mapping"},
		"text for a mapping":  {lines("source: ../shop"), "x.yaml:7:11: spec.source: want a mapping, is text"},
		"text for an int":     {lines(`terminationGracePeriodSeconds: "10"`), "x.yaml:7:34: spec.terminationGracePeriodSeconds: want a whole number without quotes, is text; write 10"},
		"unit for an int":     {lines("terminationGracePeriodSeconds: 10s"), "x.yaml:7:34: spec.terminationGracePeriodSeconds: want a whole number without quotes, is text"},
		"fraction for an int": {lines("terminationGracePeriodSeconds: 1.5"), "x.yaml:7:34: spec.terminationGracePeriodSeconds: want a whole number without quotes, is 1.5"},
		"octal":               {lines("terminationGracePeriodSeconds: 010"), "x.yaml:7:34: spec.terminationGracePeriodSeconds: want a decimal number, is 010"},
		"hexadecimal":         {lines("terminationGracePeriodSeconds: 0x10"), "x.yaml:7:34: spec.terminationGracePeriodSeconds: want a decimal number, is 0x10"},
		"int32 overflow":      {lines("livenessProbe: {exec: {command: [a]}, periodSeconds: 2147483648}"), "x.yaml:7:56: spec.livenessProbe.periodSeconds: 2147483648 is out of range"},
		"text for a bool":     {lines(`init: "true"`), "x.yaml:7:9: spec.init: want true or false without quotes, is text"},
		"number for a bool":   {lines("init: 1"), "x.yaml:7:9: spec.init: want true or false without quotes, is a number"},
		"number for text":     {lines("args: [sleep, 3600]"), "x.yaml:7:17: spec.args[1]: this value is read as a number; put it in quotes"},
		"version for text":    {lines("hostname: 1.10"), `x.yaml:7:13: spec.hostname: 1.10 is read as a number; put it in quotes: "1.10"`},
		"Norway":              {lines("hostname: NO"), `x.yaml:7:13: spec.hostname: NO is read as a boolean; put it in quotes: "NO"`},
		"empty item":          {lines("args: [a, ~]"), "x.yaml:7:13: spec.args[1]: want text, is empty"},
		"empty mount":         {lines("mounts:", "  -"), "x.yaml:8:6: spec.mounts[0]: want a mapping, is empty"},
		"env yes":             {lines("env:", "  - name: A", "    value: yes"), "x.yaml:9:14: spec.env[0].value: this value is read as a boolean; put it in quotes"},
		"env number":          {lines("env:", "  - name: PIN", "    value: 1234"), "x.yaml:9:14: spec.env[0].value: this value is read as a number; put it in quotes"},
		"tag":                 {lines("setup: !include a"), "x.yaml:7:10: spec.setup: the tag means nothing here; remove it, or put text that begins with ! in quotes"},
		"binary":              {lines("setup: !!binary aGk="), "x.yaml:7:10: spec.setup: the tag means nothing here; remove it, or put text that begins with ! in quotes"},
		"size":                {lines("resources: {limits: {memory: 4gb}}"), `x.yaml:7:32: spec.resources.limits.memory: "4gb" is no quantity such as 500m, 2 or 4Gi; did you mean "4G"?`},
		"size with a space":   {lines("resources: {limits: {memory: 512 MiB}}"), `x.yaml:7:32: spec.resources.limits.memory: "512 MiB" is no quantity such as 500m, 2 or 4Gi; did you mean "512Mi"?`},
		"huge size":           {lines("resources: {limits: {memory: 1e9999999}}"), `x.yaml:7:32: spec.resources.limits.memory: is out of range; write a quantity such as 500m, 2 or 4Gi`},
		"no size":             {lines("resources: {limits: {memory: lots}}"), `x.yaml:7:32: spec.resources.limits.memory: "lots" is no quantity such as 500m, 2 or 4Gi`},
		"quoted pids":         {lines(`resources: {limits: {pids: "512"}}`), "x.yaml:7:30: spec.resources.limits.pids: want a whole number without quotes, is text; write 512"},
		"pids with a unit":    {lines("resources: {limits: {pids: 1k}}"), "x.yaml:7:30: spec.resources.limits.pids: want a whole number without quotes, is text; write 1000"},
		"fraction of a pid":   {lines("resources: {limits: {pids: 1.5}}"), "x.yaml:7:30: spec.resources.limits.pids: want a whole number without quotes, is 1.5"},
		"huge pids":           {lines("resources: {limits: {pids: 1e9999999}}"), "x.yaml:7:30: spec.resources.limits.pids: want a whole number without quotes, is text"},
		"bool for a size":     {lines("resources: {limits: {cpu: true}}"), "x.yaml:7:29: spec.resources.limits.cpu: want a quantity such as 500m, 2 or 4Gi, is a boolean"},

		"duplicate":         {lines("init: true", "init: false"), `x.yaml:8:3: spec.init: duplicate key "init", first written on line 7; keep one of them`},
		"merge of text":     {lines("source: {<<: a, path: b}"), "x.yaml:7:16: spec.source: << wants a mapping or a list of mappings, is text"},
		"merge of lists":    {lines("args: &a [b]", "source: {<<: [*a], path: b}"), "x.yaml:8:17: spec.source: << wants a mapping or a list of mappings"},
		"key of a mapping":  {lines("? {a: b}", ": c"), "x.yaml:7:5: spec: want a plain key, is a mapping"},
		"alias to itself":   {lines("args: &a [b, *a]"), "x.yaml:7:9: spec.args[1]: want text, is a list"},
		"merge with itself": {lines("source: &a {<<: *a, path: b}"), "x.yaml:7:19: spec.source: the alias contains itself"},

		"value of a field":  {lines("network: host"), `x.yaml:7:12: spec.network: Invalid value: "host": the host's network would make workspaces share ports; use bridge, none or the name of a Docker network`},
		"missing field":     {lines("source: {}"), "x.yaml:7:3: spec.source.path: Required value: name a path of the host; a relative one starts at the manifest's file"},
		"missing in a list": {lines("mounts:", "  - type: tmpfs"), "x.yaml:8:7: spec.mounts[0].target: Required value: say where in the container to mount, such as /data"},
		"in order": {
			lines("state: On", "zebra: 1", "network: host/x"),
			`x.yaml:7:10: spec.state: On is read as a boolean; put it in quotes: "On"` + "\n" +
				`x.yaml:8:3: spec.zebra: unknown field "zebra"; known here: ` + strings.Join(specFields, ", ") + "\n" +
				`x.yaml:9:12: spec.network: Invalid value: "host/x": is no network name; use bridge, none or the name of a Docker network`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			docs, syntax := File("x.yaml", []byte(manifest("a", tt.spec...)))
			if diff := cmp.Diff("a at 1\n"+tt.want, summary(docs, syntax)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

var specFields = strings.Fields(`image imagePullPolicy imageUpdatePolicy sourceChangePolicy state command args workingDir hostname env envFrom source mounts setup setupTimeoutSeconds
	livenessProbe restartPolicy resources network init terminationGracePeriodSeconds securityContext volumeReclaimPolicy`)

func TestFileFaultsOfDocuments(t *testing.T) {
	const head = "apiVersion: dual.dev/v1alpha1\nkind: Workspace\n"
	tests := map[string]struct{ data, want string }{
		"text":         {"hello\n", "at 1\nx.yaml:1:1: a document must be a mapping with apiVersion, kind, metadata and spec, and is text"},
		"list":         {"- a\n", "at 1\nx.yaml:1:1: a document must be a mapping with apiVersion, kind, metadata and spec, and is a list"},
		"List":         {"apiVersion: v1\nkind: List\nitems:\n- kind: Workspace\n", "at 1\nx.yaml:2:7: kind: a List is not read; write its items as documents of their own, separated by ---"},
		"our list":     {"apiVersion: dual.dev/v1alpha1\nkind: WorkspaceList\nitems: []\n", "at 1\nx.yaml:2:7: kind: a WorkspaceList is not read; write its items as documents of their own, separated by ---"},
		"another kind": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n", "a at 1\nx.yaml:1:13: apiVersion: Unsupported value: \"v1\": supported values: \"dual.dev/v1alpha1\"\nx.yaml:2:7: kind: Unsupported value: \"ConfigMap\": supported values: \"Workspace\""},
		"misspelt kind": {"apiVersion: dual.dev/v1alpha1\nkind: workspace\nmetadata: {name: a}\nspec: {imgae: x}\n", "a at 1\n" +
			`x.yaml:2:7: kind: Unsupported value: "workspace": supported values: "Workspace"; did you mean "Workspace"?` + "\n" +
			`x.yaml:4:8: spec.imgae: unknown field "imgae"; did you mean "image"?`},
		"no type":         {"metadata: {name: a}\nspec: {image: x}\n", "a at 1\nx.yaml:1:1: apiVersion: Required value: write apiVersion: dual.dev/v1alpha1\nx.yaml:1:1: kind: Required value: write kind: Workspace"},
		"no spec":         {head + "metadata: {name: a}\n", "a at 1\nx.yaml:1:1: spec.image: Required value: name a Docker image, such as node:22"},
		"empty spec":      {head + "metadata: {name: a}\nspec:\n", "a at 1\nx.yaml:4:1: spec.image: Required value: name a Docker image, such as node:22"},
		"no name":         {head + "metadata: {}\nspec: {image: x}\n", "at 1\nx.yaml:3:1: metadata.name: Required value: every workspace needs a name, unique in the instance"},
		"number for name": {head + "metadata: {name: 7}\nspec: {image: x}\n", "7 at 1\nx.yaml:3:18: metadata.name: 7 is read as a number; put it in quotes: \"7\""},
		"two names":       {head + "metadata: {name: a, name: b}\nspec: {image: x}\n", "at 1\nx.yaml:3:21: metadata.name: duplicate key \"name\", first written on line 3; keep one of them"},
		"namespace":       {head + "metadata: {name: a, namespace: b}\nspec: {image: x}\n", "a at 1\nx.yaml:3:21: metadata.namespace: unknown field \"namespace\"; in a manifest metadata takes only name, labels and annotations"},
		"label":           {head + "metadata: {name: a, labels: {a.b/c: 1, d: }}\nspec: {image: x}\n", "a at 1\nx.yaml:3:37: metadata.labels[a.b/c]: 1 is read as a number; put it in quotes: \"1\""},
		"annotation":      {head + "metadata:\n  name: a\n  annotations:\n    dual.dev/reconcile: disable\nspec: {image: x}\n", "a at 1\nx.yaml:6:25: metadata.annotations[dual.dev/reconcile]: Unsupported value: \"disable\": supported values: \"disabled\", \"enabled\"; did you mean \"disabled\"?"},
		"status":          {head + "metadata: {name: a}\nspec: {image: x}\nstatus: {}\n", "a at 1\nx.yaml:5:1: status: status is what the controller observes and is never read from a manifest; remove it"},
		"misindented":     {head + "metadata:\nname: a\nspec: {image: x}\n", "at 1\nx.yaml:4:1: name: unknown field \"name\" here; did you mean metadata.name? Check the indentation"},
		"Compose":         {"services:\n  web: {}\n", "at 1\nx.yaml:1:1: services: unknown field \"services\"; this reads like a Compose file; write one Workspace per service\n" + missing},
		"UTF-8 columns":   {head + "metadata: {name: a, labels: {ö: ü}, x: y}\nspec: {image: x}\n", "a at 1\n" + utf8Label + "x.yaml:3:37: metadata.x: unknown field \"x\"; known here: name, labels, annotations"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, summary(File("x.yaml", []byte(tt.data)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

const (
	missing = `x.yaml:1:1: apiVersion: Required value: write apiVersion: dual.dev/v1alpha1
x.yaml:1:1: kind: Required value: write kind: Workspace
x.yaml:1:1: metadata.name: Required value: every workspace needs a name, unique in the instance
x.yaml:1:1: spec.image: Required value: name a Docker image, such as node:22`
	utf8Label = "x.yaml:3:33: metadata.labels[ö]: Invalid value: \"ö\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\n" +
		"x.yaml:3:33: metadata.labels[ö]: Invalid value: \"ü\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\n"
)

func TestJSONFaults(t *testing.T) {
	docs, syntax := File("x.json", []byte("{\n  \"apiVersion\": \"dual.dev/v1alpha1\", \"kind\": \"Workspace\",\n  \"metadata\": {\"name\": \"a\"},\r\n  \"spec\": {\"image\": \"é\", \"init\": 1,\n    \"imgae\": \"x\", \"init\": true}\n}"))
	want := `a at 1
x.json:4:21: spec.image: Invalid value: "é": is no image reference such as node:22 or ghcr.io/owner/name:tag
x.json:4:34: spec.init: want true or false without quotes, is a number
x.json:5:5: spec.imgae: unknown field "imgae"; did you mean "image"?
x.json:5:19: spec.init: duplicate key "init", first written on line 4; keep one of them`
	if diff := cmp.Diff(want, summary(docs, syntax)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A few hundred bytes that stand for billions of values must cost no more than the limit.
func TestAliasesThatExplode(t *testing.T) {
	var laughs, merges strings.Builder
	laughs.WriteString("x0: &x0 [a, a]\n")
	merges.WriteString("x0: &x0 {path: a}\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&laughs, "x%d: &x%d [*x%d, *x%d]\n", i, i, i-1, i-1)
		fmt.Fprintf(&merges, "x%d: &x%d {<<: [*x%d, *x%d]}\n", i, i, i-1, i-1)
	}
	head := manifest("a")
	for name, data := range map[string]string{
		"lists":  laughs.String() + head + "  args: *x39\n",
		"merges": merges.String() + head + "  source: *x39\n",
		"wide": "x: &x [" + strings.Repeat("a,", 2000) + "]\ny: &y {name: a, value: b, z: [" + strings.Repeat("*x,", 500) + "]}\n" + head +
			"  env: [" + strings.Repeat("*y,", 60_000) + "]\n",
	} {
		t.Run(name, func(t *testing.T) {
			docs, syntax := File("x.yaml", []byte(data))
			if len(syntax) > 0 || len(docs) != 1 || docs[0].Workspace != nil || docs[0].Name != "a" {
				t.Fatal(summary(docs, syntax))
			}
			if all := summary(docs, nil); name != "lists" && !strings.Contains(all, "aliases of this document stand for more than 100000 values; write them out") {
				t.Errorf("no word about the aliases in %d faults", len(docs[0].Faults))
			}
		})
	}
}
