package redact

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func TestText(t *testing.T) {
	spec := v1alpha1.WorkspaceSpec{
		Image: "registry.example.com/shop:22", Command: []string{"/bin/server", "--listen", "hunter2arg"},
		Args:          []string{"swordfish"},
		Env:           []v1alpha1.EnvVar{{Name: "SHOP", Value: "shop"}, {Name: "CI", Value: "true"}, {Name: "PIN", Value: "1234"}, {Name: "N", Value: "7"}},
		Setup:         "pnpm install\ncurl -u me:trout99 https://x.example.com/$(uname)\nexport PASSWORD=salmon\nmysql -phaddock1 -e 'select 1'",
		LivenessProbe: &v1alpha1.Probe{Exec: v1alpha1.ExecAction{Command: []string{"wget", "-qO-", "http://a:Perch8@b/health"}}},
	}
	key := "-----BEGIN KEY-----\nMIIEhunter2hunter2\n-----END KEY-----"
	s := New("web", []string{"TOKEN=hunter2 & co", "KEY=" + key, "FILE=carp'carp"}, spec)
	for said, want := range map[string]string{
		"":                          "",
		"a hunter2 & co b":          "a *** b",
		"x=hunter2+%26+co":          "x=***",
		"x=hunter2%20&%20co":        "x=***",
		`{"t":"hunter2 \u0026 co"}`: `{"t":"***"}`,
		"Basic " + base64.StdEncoding.EncodeToString([]byte("me:hunter2 & co")): "Basic bWU6***",
		"MIIEhunter2hunter2":                            "***",
		"it's carp'\\''carp":                            "it's ***",
		"PIN 1234, not 12345":                           "PIN ***, not 12345",
		"true, 7, shop":                                 "true, 7, shop",
		"sh: pnpm: not found":                           "sh: pnpm: not found",
		"ERR install failed":                            "ERR install failed",
		"+ pnpm install\n++ uname\nLinux + x":           "+ ***\n++ ***\nLinux + x",
		"Access denied for trout99 at x":                "Access denied for *** at x",
		"export PASSWORD=salmon":                        "***",
		"salmon is no password":                         "*** is no password",
		"-phaddock1 or haddock1":                        "*** or ***",
		"wget: bad address 'Perch8@b'":                  "wget: bad address '***@b'",
		`exec: "/bin/server": no such file`:             `exec: "/bin/server": no such file`,
		`exec: "swordfish": stat /swordfish: no`:        `exec: "***": stat /***: no`,
		`exec: "a \"quoted\" one": no`:                  `exec: "***": no`,
		"crun: executable file `swordfish x` not found": "crun: executable file `***` not found",
		"hunter2arg":                                    "***",
		"pull registry.example.com/shop:22":             "pull registry.example.com/shop:22",
	} {
		if got := s.Text(said); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", said, got, want)
		}
		if again := s.Text(s.Text(said)); again != s.Text(said) {
			t.Errorf("%q is masked once more as %q", s.Text(said), again)
		}
	}
}

// TestOfNothing: without a spec there is nothing to mask, and nothing fails.
func TestOfNothing(t *testing.T) {
	if got := New("web", nil).Text("a true story"); got != "a true story" {
		t.Error(got)
	}
}

func TestError(t *testing.T) {
	s := New("web", []string{"A=hunter2"})
	err := s.Error(errors.Join(errors.New("run hunter2"), fs.ErrNotExist))
	if strings.Contains(err.Error(), "hunter2") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if plain := errors.New("boom"); any(s.Error(plain)) != any(plain) || s.Error(nil) != nil {
		t.Error("an error without a secret is another one")
	}
}
