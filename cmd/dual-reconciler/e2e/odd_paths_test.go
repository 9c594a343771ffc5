package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// oddNames are names of directories that file systems take, and that programs stumble over.
var oddNames = map[string]string{
	"characters": " it's \"so\",a:b=c 100%s%20\nünï→日本 [a-z]*?{x} a\\b$HOME;# ", "dash": "-rf", "long": strings.Repeat("long", 40),
}

// TestOddPaths runs the verbs on a state directory, a directory of manifests and a source with odd names.
func TestOddPaths(t *testing.T) {
	for name, odd := range oddNames {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Root = filepath.Join(b.Root, odd)
			b.Dir, b.State = filepath.Join(b.Root, odd), filepath.Join(b.Root, "state"+odd)
			for _, dir := range []string{b.Dir, filepath.Join(b.Root, "src"+odd)} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(b.Root, "src"+odd, "file"), []byte("seen\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("src"+odd, filepath.Join(b.Root, "src")); err != nil {
				t.Fatal(err)
			}
			b.Write("a.yaml", b.sleeper("a", "source: {path: ../src}"))
			l := b.Run(quick...)
			b.Shows("a", "Running")
			if r := b.Exec(nil, b.Name("a"), "--", "cat", "/workspace/file"); r.Code != 0 || r.Stdout != "seen\n" {
				t.Errorf("exec: %+v", r)
			}
			before := b.Running("a")
			l.Stop()
			b.Apply(0)
			b.Same("a", before)
			if r := b.Do("down", "--yes"); r.Code != 0 || !strings.Contains(r.Stdout, b.Name("a")+" removed") {
				t.Errorf("down: %+v", r)
			}
		})
	}
}

// TestOddPathsRelative gives directories whose names look like flags, relative to where the program runs.
func TestOddPathsRelative(t *testing.T) {
	b := newBench(t)
	if err := os.MkdirAll(filepath.Join(b.Root, "-m"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.Dir = filepath.Join(b.Root, "-m")
	b.Write("a.yaml", b.sleeper("a"))
	for _, verb := range [][]string{{"apply"}, {"get", b.Name("a")}, {"exec", b.Name("a"), "--", "true"}, {"down", "--yes"}} {
		cmd := exec.Command(binary, append([]string{"--manifests", "-m", "--state-dir=-s", "--instance", b.Instance}, verb...)...)
		cmd.Dir = b.Root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %s", verb, err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(b.Root, "-s", b.Instance)); err != nil {
		t.Error(err)
	}
}

// TestPathsThatAreNoText: a state directory is only ever opened, and may have any name; a label cannot say that of manifests.
func TestPathsThatAreNoText(t *testing.T) {
	b := newBench(t)
	b.State = filepath.Join(b.Root, "state\xff")
	b.Write("a.yaml", b.sleeper("a"))
	b.Apply(0)
	b.Apply(0)
	b.Dir = filepath.Join(b.Root, "manifests\xff")
	if r := b.Do("diff"); r.Code == 0 || !strings.Contains(r.Stderr, "is not valid UTF-8") {
		t.Errorf("manifests in a directory whose name is no text: %+v", r)
	}
}
