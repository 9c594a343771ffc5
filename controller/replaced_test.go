package controller

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// fakeFiles are files of a host by path; each stands for a directory of the real one, so that it has an identity.
type fakeFiles struct {
	t     testing.TB
	dir   string
	mu    sync.Mutex
	files map[string]string
	state hostfile.Settling
}

// put puts another directory at a path; an empty name puts none.
func (f *fakeFiles) put(path, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[path] = filepath.Join(f.dir, name)
	if name == "" {
		delete(f.files, path)
	} else if err := os.MkdirAll(f.files[path], 0o755); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fakeFiles) Look(path string) hostfile.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files[path] == "" {
		return hostfile.File{Missing: true}
	}
	return hostfile.Host{}.Look(f.files[path])
}

func (f *fakeFiles) Real(path string) string { return path }

func (f *fakeFiles) Settling(string) hostfile.Settling {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

func (f *fakeFiles) settling(s hostfile.Settling) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = s
}

func (f *fakeFiles) Mounts(int, string, map[string]string) map[string]hostfile.Mount { return nil }

const shop = "/src/shop"

// withShop runs a test on a workspace with a source.
func withShop(t *testing.T, test func(*rig, *fakeFiles), edits ...specEdit) {
	t.Helper()
	f := &fakeFiles{t: t, dir: t.TempDir(), files: map[string]string{}}
	f.put(shop, "first")
	bubble(t, func(r *rig) {
		r.opts = func(o *Options) { o.Files = f }
		r.source.set("web", append([]specEdit{image("a:1"), source(shop)}, edits...)...)
		r.start()
		r.look(f)
		r.wantReady("web", "+Running")
		r.engine.ResetCalls()
		test(r, f)
	})
}

// look delivers the manifests as a loader does that has looked at the source.
func (r *rig) look(f *fakeFiles) {
	file := f.Look(shop)
	r.source.mu.Lock()
	w := *r.source.workspaces["web"]
	w.Hosts, w.Missing = map[string]string{shop: file.ID.String()}, nil
	if file.Missing {
		w.Missing = []string{shop}
	}
	r.source.workspaces["web"] = &w
	r.source.mu.Unlock()
	r.apply()
}

func (r *rig) saysReplaced() bool {
	return meta.IsStatusConditionTrue(r.states.get("web").Status.Conditions, v1alpha1.ConditionSourceReplaced)
}

func TestSourceReplaced(t *testing.T) {
	withShop(t, func(r *rig, f *fakeFiles) {
		r.rest(time.Hour)
		r.wantCalls()
		f.put(shop, "")
		r.look(f)
		r.wantReady("web", "+Running")
		if !r.saysReplaced() {
			t.Error("a source that is gone is not said")
		}
		f.put(shop, "second")
		f.settling(hostfile.Settling{Busy: "git is cloning into it"})
		r.look(f)
		r.wantReady("web", "SourceReplaced")
		r.rest(time.Hour)
		r.wantCalls()
		f.settling(hostfile.Settling{})
		r.rest(3 * time.Second)
		r.wantReady("web", "+Running")
		r.wantCalls("Stop", "Start")
		if r.saysReplaced() {
			t.Error("it is still said after the restart")
		}
		r.rest(time.Hour)
		r.wantCalls("Stop", "Start")
	})
}

// The replacement is noticed by the next controller, too, and what it started itself is no replacement.
func TestSourceReplacedMeanwhile(t *testing.T) {
	withShop(t, func(r *rig, f *fakeFiles) {
		r.stop()
		f.put(shop, "second")
		r.start()
		r.look(f)
		r.rest(3 * time.Second)
		r.wantReady("web", "+Running")
		r.wantCalls("Stop", "Start")
		r.stop()
		r.start()
		r.look(f)
		r.rest(time.Hour)
		r.wantCalls("Stop", "Start")
	})
}

func TestSourceReplacedIsOnlySaid(t *testing.T) {
	for policy, calls := range map[v1alpha1.SourceChangePolicy][]string{v1alpha1.SourceChangeIgnore: nil, v1alpha1.SourceChangeRestart: {"Stop", "Start"}} {
		withShop(t, func(r *rig, f *fakeFiles) {
			f.put(shop, "second")
			r.look(f)
			if !r.saysReplaced() {
				t.Errorf("%s: it is not said", policy)
			}
			r.rest(time.Hour)
			r.wantCalls(calls...)
			r.wantReady("web", "+Running")
			if err := r.RequestRestart("web", "ann"); err != nil {
				t.Fatal(err)
			}
			r.rest(time.Second)
			if r.saysReplaced() {
				t.Errorf("%s: it is said after a restart by hand", policy)
			}
		}, func(s *v1alpha1.WorkspaceSpec) { s.SourceChangePolicy = policy })
	}
}

// A file system that gives a file another number at each look is no reason to restart anything, and a removed workspace none.
func TestSourceOfNoIdentity(t *testing.T) {
	withShop(t, func(r *rig, f *fakeFiles) {
		for i := range 100 {
			f.put(shop, []string{"second", "third"}[i%2])
			r.look(f)
			r.rest(time.Second)
		}
		r.wantCalls()
		f.put(shop, "")
		r.source.remove("web")
		r.source.hold(manifest.Hold{Message: "held"})
		r.apply()
		r.rest(time.Hour)
		r.wantCalls()
	}, func(s *v1alpha1.WorkspaceSpec) { s.SourceChangePolicy = v1alpha1.SourceChangeRestart })
}

// A mended source starts a workspace that died on the old one.
func TestSourceReplacedEndsACrashLoop(t *testing.T) {
	withShop(t, func(r *rig, f *fakeFiles) {
		for range 10 {
			_ = r.engine.Operator().Kill(r.container("web").ID)
			r.rest(time.Second)
		}
		for r.ready("web") != "CrashLoopBackOff" {
			_ = r.engine.Operator().Kill(r.container("web").ID)
			r.rest(time.Second)
		}
		f.put(shop, "second")
		r.look(f)
		r.rest(3 * time.Second)
		r.wantReady("web", "+Running")
	})
}
