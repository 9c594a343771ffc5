package specdiff

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The golden set: what earlier releases recorded must never read as an edit of the manifest it came from, or an upgrade
// of the program recreates every container. Files are added with each release and never changed.
func TestRecordedSpecsShowNoChange(t *testing.T) {
	manifest, err := os.ReadFile("testdata/applied/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	now := applied(t, string(manifest))
	files, err := filepath.Glob("testdata/applied/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("recorded specs: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			recorded, err := Parse(string(data))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range Changes(recorded, now, "shop") {
				t.Error(c)
			}
			// The comparison must not be blind.
			recorded.Image += "-other"
			if got := Changes(recorded, now, "shop"); len(got) != 1 || got[0].Field != "spec.image" {
				t.Errorf("after an edit of the image: %v", got)
			}
		})
	}
}

// Fields that were renamed since they were recorded mean the same, and what differs is still seen.
func TestRecordedSpecsWithRenamedFields(t *testing.T) {
	tests := map[string]struct {
		recorded, now string
		want          []string
	}{
		"user": {`{"securityContext":{"runAsUser":"node"}}`, "securityContext: {user: node}", nil},
		"another user": {
			`{"securityContext":{"runAsUser":"node"}}`, "securityContext: {user: root}",
			[]string{"spec.securityContext.user node → root (Recreate)"},
		},
		"no new privileges": {`{"securityContext":{"noNewPrivileges":true}}`, "securityContext: {allowPrivilegeEscalation: false}", nil},
		"new privileges":    {`{"securityContext":{"noNewPrivileges":false}}`, "securityContext: {allowPrivilegeEscalation: true}", nil},
		"the default":       {`{}`, "securityContext: {allowPrivilegeEscalation: true}", nil},
		"other privileges": {
			`{"securityContext":{"noNewPrivileges":true}}`, "{}",
			[]string{"spec.securityContext.allowPrivilegeEscalation false → true (Recreate)"},
		},
		"pids":            {`{"resources":{"limits":{"pids":"512"}}}`, "resources: {limits: {pids: 512}}", nil},
		"a pids quantity": {`{"resources":{"limits":{"pids":"1k"}}}`, "resources: {limits: {pids: 1000}}", nil},
		"other pids": {
			`{"resources":{"limits":{"pids":"1k"}}}`, "resources: {limits: {pids: 512}}",
			[]string{"spec.resources.limits.pids 1000 → 512 (InPlace)"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			recorded, err := Parse(tt.recorded)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range Changes(recorded, applied(t, tt.now), "shop") {
				got = append(got, fmt.Sprintf("%s (%s)", c, c.Class))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	tests := map[string]struct{ spec, want string }{
		"sparse":        {"image: node:22", `{"image":"node:22"}`},
		"sorted":        {"{network: none, image: a, command: [x], env: [{value: v, name: a}]}", `{"command":["x"],"env":[{"name":"a","value":"v"}],"image":"a","network":"none"}`},
		"quantities":    {"{image: a, resources: {limits: {cpu: 2000m, memory: 4096Mi, pids: 100}}}", `{"image":"a","resources":{"limits":{"cpu":"2","memory":"4Gi","pids":100}}}`},
		"no env files":  {"{image: a, envFrom: [{file: .env}], envFromHash: sha256:0}", `{"envFromHash":"sha256:0","image":"a"}`},
		"not HTML":      {"{image: a, setup: 'a && b > c'}", `{"image":"a","setup":"a && b > c"}`},
		"big numbers":   {"{image: a, terminationGracePeriodSeconds: 9007199254740993}", `{"image":"a","terminationGracePeriodSeconds":9007199254740993}`},
		"written false": {"{image: a, init: false}", `{"image":"a","init":false}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := applied(t, tt.spec).Canonical()
			if err != nil || got != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestCanonicalRoundTrip(t *testing.T) {
	a := LastApplied{WorkspaceSpec: fullSpec(t), EnvFromHash: "sha256:1"}
	text, err := a.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if changes := Changes(a, back, "shop"); len(changes) != 0 {
		t.Error(changes)
	}
	again, err := back.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, again); diff != "" {
		t.Error(diff)
	}
	if len(a.EnvFrom) == 0 {
		t.Error("Canonical changed its receiver")
	}
}

func TestParseAppliedRefusesWhatIsNoSpec(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"image":1}`} {
		if _, err := Parse(text); err == nil || !strings.HasPrefix(err.Error(), "parse applied spec: ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
