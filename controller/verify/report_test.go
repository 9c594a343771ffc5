package verify

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as it was; go test -update writes it anew. Got:\n%s", path, got)
	}
}

func TestFindings(t *testing.T) {
	for name, arrange := range map[string]func(*fakes, *fakeHost, *Options){
		"pass.md":         nil,
		"inconclusive.md": func(f *fakes, _ *fakeHost, _ *Options) { f.hangs[8] = true },
		"fail.md": func(f *fakes, h *fakeHost, _ *Options) {
			f.bodies[2] = "workspace-01\n```\n# not a heading of ours"
			delete(h.replies, "172.17.0.2")
			f.left = []string{"dual-arch-net-8"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := fakeRun(t, arrange)
			var b bytes.Buffer
			if err := r.WriteFindings(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}

func TestJSON(t *testing.T) {
	r, _ := fakeRun(t, nil)
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), ":null") || !strings.Contains(string(data), `{"name":"Restart duration","value":0.7,"unit":"s"}`) {
		t.Errorf("%s", data)
	}
}

func TestSaveOverwritesNothing(t *testing.T) {
	r, _ := fakeRun(t, nil)
	dir := filepath.Join(t.TempDir(), "out")
	if err := Vacant(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(dir, []byte("log\n")); err != nil {
		t.Fatal(err)
	}
	if err := Vacant(dir); err == nil {
		t.Error("a directory with findings counts as empty")
	}
	path := filepath.Join(dir, "findings.md")
	if err := os.WriteFile(path, []byte("somebody's"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(dir, nil); err == nil {
		t.Error("findings were written over others")
	}
	if data, _ := os.ReadFile(path); string(data) != "somebody's" {
		t.Errorf("somebody's file is %q", data)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "measurements"))
	if err != nil || len(entries) != 8 {
		t.Errorf("%d files of measurements, want one a test and a log: %v", len(entries), err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "measurements", "test-1.3.txt"))
	if want := "2000-01-01T00:00:00.700Z $ dual-reconciler exec arch-net-1 -- sh -c 'exit 42'\n2000-01-01T00:00:00.740Z exit code 42 after 40ms\n"; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("the transcript lacks %q: %v\n%s", want, err, data)
	}
}
