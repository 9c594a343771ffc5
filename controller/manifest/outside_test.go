package manifest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOutside: host paths count for what they lead to, and the manifest's own tree is its git work tree.
func TestOutside(t *testing.T) {
	f := newFixture(t)
	root, err := filepath.EvalSymlinks(filepath.Dir(f.dir))
	f.must(err)
	outside, err := filepath.EvalSymlinks(t.TempDir())
	f.must(err)
	f.must(os.WriteFile(filepath.Join(outside, "env"), []byte("A=1\n"), 0o600))
	f.write(".env", "A=1\n")
	f.write("keep/x", "")
	f.must(os.Symlink(outside, f.path("link")))
	text := doc("a", "busybox", "source: {path: "+outside+"}", "envFrom: [{file: .env}, {file: link/env}]",
		"mounts: [{type: bind, source: keep, target: /a}, {type: bind, source: ../x, target: /b, readOnly: true}, {type: bind, source: link, target: /c, readOnly: true}]")
	f.must(os.MkdirAll(filepath.Join(root, "x"), 0o755))
	f.write("a.yaml", text)
	shown := func(w *Workspace) []string {
		var out []string
		for _, p := range w.Outside {
			ro := ""
			if p.ReadOnly {
				ro = ":ro"
			}
			if p.At.File != "a.yaml" || p.At.Line == 0 || p.At.Column == 0 {
				t.Errorf("%s is at %+v", p.Path, p.At)
			}
			out = append(out, p.At.Field+" "+strings.NewReplacer(outside, "OUT", root, "ROOT").Replace(p.Real)+ro)
		}
		return out
	}
	w := f.load().Workspaces["a"]
	want := []string{"spec.source.path OUT", "spec.mounts[1].source ROOT/x:ro", "spec.mounts[2].source OUT:ro", "spec.envFrom[1].file OUT/env:ro"}
	if diff := cmp.Diff(want, shown(w)); diff != "" || w.Tree != filepath.Join(root, filepath.Base(f.dir)) {
		t.Errorf("without git: tree %s (-want +got):\n%s", w.Tree, diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(w.Tree, "a.yaml")}, w.Written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	f.must(exec.Command("git", "init", "-q", root).Run())
	f.restart()
	w = f.load().Workspaces["a"]
	if diff := cmp.Diff([]string{want[0], want[2], want[3]}, shown(w)); diff != "" || w.Tree != root {
		t.Errorf("in a git work tree: tree %s (-want +got):\n%s", w.Tree, diff)
	}
	// A manifest that is a link is written by who can write either of the two.
	f.must(os.Rename(f.path("a.yaml"), filepath.Join(outside, "real.txt")))
	f.must(os.Symlink(filepath.Join(outside, "real.txt"), filepath.Join(root, "hop.yaml")))
	f.must(os.Symlink("../hop.yaml", f.path("a.yaml")))
	f.restart()
	w = f.load().Workspaces["a"]
	places := []string{filepath.Join(root, filepath.Base(f.dir), "a.yaml"), filepath.Join(root, "hop.yaml"), filepath.Join(outside, "real.txt")}
	if diff := cmp.Diff(places, w.Written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}
