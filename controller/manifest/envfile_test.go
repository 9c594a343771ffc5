package manifest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func TestParseEnv(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		line             int
	}{
		{"plain", "A=1\nB=2\n", "A=1 B=2", 0},
		{"byte order mark and CRLF", "\ufeffA=1\r\nB=2\r\n", "A=1 B=2", 0},
		{"comments and blank lines", "# c\n\n  # d\n  A=1\n", "A=1", 0},
		{"quotes are literal", "A=\"x\"\nB='y'\n", "A=\"x\" B='y'", 0},
		{"equal signs and hashes in values", "A=b=c#d\n", "A=b=c#d", 0},
		{"empty value", "A=\n", "A=", 0},
		{"bare name", "PATH\nA=1", "A=1", 0},
		{"no name", "A=1\n=2\n", "", 2},
		{"export", "export A=1\n", "", 1},
		{"white space in the name", "A B=1\n", "", 1},
		{"NUL", "A=1\nB=\x00\n", "", 2},
		{"not UTF-8", "A=\xff\n", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars, err := parseEnv(".env", tt.text)
			line := 0
			if err != nil {
				line = err.Line
			}
			var got []string
			for _, v := range vars {
				got = append(got, v.Name+"="+v.Value)
			}
			if strings.Join(got, " ") != tt.want || line != tt.line {
				t.Errorf("got %q, error %v; want %q, line %d", got, err, tt.want, tt.line)
			}
		})
	}
}

func TestMergeEnv(t *testing.T) {
	v := func(pairs ...string) (vars []v1alpha1.EnvVar) {
		for _, p := range pairs {
			name, value, _ := strings.Cut(p, "=")
			vars = append(vars, v1alpha1.EnvVar{Name: name, Value: value})
		}
		return vars
	}
	list, hash := mergeEnv([][]v1alpha1.EnvVar{v("A=1", "B=1"), v("A=2", "C=1")}, v("D=1", "B=2"))
	if diff := cmp.Diff([]string{"A=2", "B=2", "C=1", "D=1"}, list); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(hash, "sha256:") || len(hash) != 71 {
		t.Errorf("hash %q", hash)
	}
	hashOf := func(files ...[]v1alpha1.EnvVar) string { _, h := mergeEnv(files, nil); return h }
	if hash != hashOf(v("C=1", "A=2")) {
		t.Error("order or overridden values count")
	}
	if hashOf(v("A=1B", "C=")) == hashOf(v("A=1", "BC=")) || hash == hashOf(v("A=2", "C=2")) {
		t.Error("different sets have one hash")
	}
	if _, hash := mergeEnv(nil, v("A=1")); hash != "" {
		t.Errorf("hash %q without files", hash)
	}
}

func TestEnvFrom(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20", "envFrom: [{file: .env}]", "env: [{name: B, value: '2'}]"))
	missing := f.want("shop=node:20").Workspaces["shop"]
	if diff := cmp.Diff([]string{f.path(".env")}, missing.Missing); diff != "" {
		t.Error(diff)
	}
	f.write(".env", "A=1\nB=1\n")
	first := f.want("shop=node:20").Workspaces["shop"]
	if diff := cmp.Diff([]string{"A=1", "B=2"}, first.Env); diff != "" || first.Missing != nil || first.EnvFromHash == "" {
		t.Error(diff, first.Missing, first.EnvFromHash)
	}
	f.write(".env", "# the same\nB=1\nA=1\n")
	if same := f.want("shop=node:20").Workspaces["shop"]; same.EnvFromHash != first.EnvFromHash {
		t.Error("comments or order count")
	}
	f.write(".env", "A=1\n")
	f.pass(DefaultSettle)
	f.load()

	f.write(".env", "A=1\n=2\n")
	s := f.want("shop=node:20!InvalidManifest")
	if p := s.Workspaces["shop"].Problem; p.File != ".env" || p.Line != 2 || s.Workspaces["shop"].Env == nil {
		t.Errorf("%+v", p)
	}
	f.write(".env", strings.Repeat("A=1\n", maxEnvFile/4+1))
	if p := f.want("shop=node:20!InvalidManifest").Workspaces["shop"].Problem; !strings.Contains(p.Message, "bytes") {
		t.Errorf("%+v", p)
	}
	f.must(os.Remove(f.path(".env")))
	f.want("shop=node:20")
}

func TestHalfWrittenEnvFileIsNotBelieved(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20", "envFrom: [{file: .env}]"))
	f.write(".env", "A=1\nB=1\n")
	before := f.want("shop=node:20").Workspaces["shop"]
	for _, half := range []string{"", "A=1\n", "A=2"} {
		f.write(".env", half)
		s := f.want("shop=node:20")
		if s.Workspaces["shop"] != before || s.RetryAfter == 0 {
			t.Errorf("%q is believed: %v, retry after %v", half, s.Workspaces["shop"].Env, s.RetryAfter)
		}
	}
	f.must(os.Remove(f.path(".env"))) // An editor that renames.
	if ws := f.want("shop=node:20").Workspaces["shop"]; ws.EnvFromHash != before.EnvFromHash || len(ws.Missing) != 1 {
		t.Errorf("%+v", ws)
	}
	f.write(".env", "A=2\n")
	if ws := f.want("shop=node:20").Workspaces["shop"]; ws.EnvFromHash == before.EnvFromHash || ws.Env[0] != "A=2" {
		t.Errorf("%+v", ws)
	}
}
