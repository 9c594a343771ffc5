package manifest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func head(t *testing.T, dir string) string {
	t.Helper()
	out, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// revision returns the revision of a workspace as users see it; "none" if it has none.
func revision(s *Snapshot, name string) string {
	ws := s.Workspaces[name]
	switch {
	case ws == nil:
		return "no workspace"
	case ws.Revision == nil:
		return "none"
	}
	return ws.Revision.String()
}

// wantRevision loads and checks the revision of shop. HEAD in want stands for the abbreviated commit of dir.
func (f *fixture) wantRevision(dir, want string) *Snapshot {
	f.t.Helper()
	s := f.load()
	if strings.Contains(want, "HEAD") {
		want = strings.ReplaceAll(want, "HEAD", head(f.t, dir)[:7])
	}
	if got := revision(s, "shop"); got != want {
		f.t.Errorf("revision %q, want %q", got, want)
	}
	return s
}

// patient makes answers certain however busy the machine is.
func (f *fixture) patient() {
	f.l.git.revisions.Wait, f.l.git.revisions.Quick = time.Minute, time.Minute
}

func newRevisionFixture(t *testing.T) (*fixture, string) {
	t.Helper()
	f, root := newGitFixture(t)
	f.patient()
	return f, root
}

func TestRevisionFollowsEditsAndCommits(t *testing.T) {
	f, root := newRevisionFixture(t)
	s := f.wantRevision(root, "main@HEAD")
	if got := s.Workspaces["shop"].Revision.Commit; got != head(t, root) {
		t.Errorf("commit %q is not the full name", got)
	}
	f.write("shop.yaml", doc("shop", "node:22"))
	s = f.wantRevision(root, "main@HEAD dirty")
	if got := revision(s, "blog"); strings.Contains(got, "dirty") {
		t.Errorf("the file beside it: %q", got)
	}
	git(t, root, "add", ".")
	f.wantRevision(root, "main@HEAD dirty")
	git(t, root, "commit", "-qm", "22")
	clean := f.wantRevision(root, "main@HEAD")
	if same := f.load(); same.Workspaces["shop"] != clean.Workspaces["shop"] {
		t.Error("nothing changed, and the pointer did")
	}
	if key, was := clean.Workspaces["shop"].Spec, s.Workspaces["shop"].Spec; !cmp.Equal(key, was) {
		t.Error("a commit changed the spec")
	}
	for _, args := range [][]string{
		{"commit", "-q", "--amend", "-m", "another message"},
		{"commit", "-q", "--allow-empty", "-m", "empty"},
		{"reset", "-q", "--soft", "HEAD~1"},
		{"pack-refs", "--all"},
		{"update-ref", "refs/heads/main", "HEAD~1"},
	} {
		git(t, root, args...)
		want := "main@HEAD"
		if args[0] == "update-ref" {
			want += " dirty"
		}
		f.wantRevision(root, want)
	}
	git(t, root, "checkout", "-q", "-f", "-b", "feat/auth")
	f.wantRevision(root, "feat/auth@HEAD")
	git(t, root, "checkout", "-q", "--detach")
	f.wantRevision(root, "HEAD")
}

func TestRevisionOfWhatGitDoesNotTrack(t *testing.T) {
	f, root := newRevisionFixture(t)
	f.write(".gitignore", "*.local.yaml\nbuild/\n")
	f.write("new.yaml", doc("new", "x"))
	f.write("sub/dir/deep.yaml", doc("deep", "x"))
	f.write("mine.local.yaml", doc("mine", "x"))
	f.write("build/out.yaml", doc("out", "x"))
	f.write("with space/ünï.yaml", doc("odd", "x"))
	git(t, root, "add", "manifests/with space")
	git(t, root, "commit", "-qm", "odd")
	f.write("kept.yaml", doc("kept", "x"))
	git(t, root, "add", "manifests/kept.yaml")
	s := f.wantRevision(root, "main@HEAD")
	for _, name := range []string{"new", "deep", "mine", "out", "kept"} {
		if got := revision(s, name); !strings.HasSuffix(got, " dirty") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := revision(s, "odd"); got == "none" || strings.HasSuffix(got, "dirty") {
		t.Errorf("odd: %q", got)
	}
	f.write("with space/ünï.yaml", doc("odd", "x:2"))
	if got := revision(f.load(), "odd"); !strings.HasSuffix(got, " dirty") {
		t.Errorf("odd, edited: %q", got)
	}
}

func TestRevisionIsOfTheEffectiveState(t *testing.T) {
	f, root := newRevisionFixture(t)
	first := revision(f.wantRevision(root, "main@HEAD"), "shop")
	for _, broken := range []struct{ name, text string }{
		{"syntax", "spec: [\n"},
		{"validation", doc("shop", "node:22", "bogus: 1")},
		{"host path", doc("shop", "node:22", "source: {path: /run/docker.sock}")},
		{"half written", "apiVersion: dual.dev/v1alpha1"},
		{"no name", doc("shop", "node:22") + "---\n" + doc("bl og", "x")},
	} {
		t.Run(broken.name, func(t *testing.T) {
			f.t = t
			f.write("shop.yaml", broken.text)
			git(t, root, "commit", "-qam", broken.name)
			s := f.load()
			if broken.name == "no name" {
				f.wantRevision(root, "main@HEAD")
			} else if got := revision(s, "shop"); got != first {
				t.Errorf("revision %q, last good at %q", got, first)
			}
			f.write("shop.yaml", doc("shop", "node:20"))
			f.wantRevision(root, "main@HEAD dirty")
			git(t, root, "reset", "-q", "--hard", "HEAD~1")
			if got := revision(f.load(), "shop"); got != first {
				t.Errorf("mended: %q, want %q", got, first)
			}
		})
	}
}

func TestNoRevision(t *testing.T) {
	for _, tt := range []struct {
		name string
		ruin func(f *fixture, root string)
	}{
		{"no repository", func(f *fixture, root string) { f.must(os.RemoveAll(filepath.Join(root, ".git"))) }},
		{"no commit yet", func(f *fixture, root string) {
			f.must(os.RemoveAll(filepath.Join(root, ".git")))
			git(f.t, root, "init", "-q")
		}},
		{"bare", func(f *fixture, root string) { git(f.t, root, "config", "core.bare", "true") }},
		{"no git binary", func(f *fixture, _ string) { f.t.Setenv("PATH", "") }},
		{"git is broken", func(f *fixture, _ string) { fakeGit(f.t, "echo nonsense; exit 0") }},
		{"git refuses", func(f *fixture, _ string) { fakeGit(f.t, "echo 'fatal: detected dubious ownership' >&2; exit 128") }},
		{"broken HEAD", func(f *fixture, root string) {
			f.must(os.WriteFile(filepath.Join(root, ".git", "HEAD"), []byte("\x00nonsense"), 0o644))
		}},
		{"broken index", func(f *fixture, root string) {
			f.must(os.WriteFile(filepath.Join(root, ".git", "index"), []byte("nonsense"), 0o644))
		}},
		{"no objects", func(f *fixture, root string) { f.must(os.RemoveAll(filepath.Join(root, ".git", "objects"))) }},
		{"broken gitfile", func(f *fixture, root string) {
			f.must(os.RemoveAll(filepath.Join(root, ".git")))
			f.must(os.WriteFile(filepath.Join(root, ".git"), []byte("gitdir: /no/such\n"), 0o644))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, root := newRevisionFixture(t)
			// A repository around the broken one must not answer for it.
			outer := filepath.Dir(root)
			_, other := newGitFixture(t)
			f.must(os.CopyFS(filepath.Join(outer, ".git"), os.DirFS(filepath.Join(other, ".git"))))
			tt.ruin(f, root)
			switch tt.name {
			case "no repository", "broken gitfile":
				f.must(os.RemoveAll(filepath.Join(outer, ".git")))
			}
			s := f.want("blog=ruby:3 shop=node:20")
			if got := revision(s, "shop"); got != "none" {
				t.Errorf("revision %q", got)
			}
			f.write("shop.yaml", doc("shop", "node:22"))
			f.want("blog=ruby:3 shop=node:22")
		})
	}
}

func TestRevisionEndsWithTheRepository(t *testing.T) {
	f, root := newRevisionFixture(t)
	f.wantRevision(root, "main@HEAD")
	away := filepath.Join(root, "away")
	f.must(os.Rename(filepath.Join(root, ".git"), away))
	f.wantRevision(root, "none")
	f.must(os.Rename(away, filepath.Join(root, ".git")))
	f.wantRevision(root, "main@HEAD")
}
