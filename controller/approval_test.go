package controller

import (
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func TestUnapproved(t *testing.T) {
	asks := func(paths ...string) *manifest.Workspace {
		w := &manifest.Workspace{Name: "web", Tree: "/repo", Written: []string{"/repo/manifests/web.yaml"}}
		for _, p := range paths {
			path, readOnly := strings.CutSuffix(p, ":ro")
			w.Outside = append(w.Outside, manifest.HostPath{
				At: decode.Fault{File: "web.yaml", Line: 7, Column: 3, Field: "spec.mounts[0].source"}, Path: path, Real: path, ReadOnly: readOnly,
			})
		}
		return w
	}
	paths := func(paths ...string) (out []plan.HostPath) {
		for _, p := range paths {
			path, readOnly := strings.CutSuffix(p, ":ro")
			out = append(out, plan.HostPath{Path: path, ReadOnly: readOnly})
		}
		return out
	}
	repo := []Writer{{"web", "/repo"}}
	for _, tt := range []struct {
		name   string
		asks   []string
		who    []Writer
		memory plan.Memory
		has    []plan.HostPath
		held   string
	}{
		{name: "nothing outside", who: repo},
		{name: "nobody can write the file", asks: []string{"/etc"}, who: []Writer{{"web", "/repo/src"}, {"api", "/repository"}}},
		{name: "one can write the file", asks: []string{"/etc"}, who: repo, held: "/etc"},
		{name: "another one can", asks: []string{"/etc:ro"}, who: []Writer{{"api", "/"}, {"api", "/repo/manifests/web.yaml"}}, held: ""},
		{name: "the file alone", asks: []string{"/etc:ro"}, who: []Writer{{"api", "/repo/manifests/web.yaml"}}, held: "/etc"},
		{name: "given before", asks: []string{"/etc"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc")}},
		{name: "below what was given before", asks: []string{"/etc/ssl"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc")}},
		{name: "above what was given before", asks: []string{"/etc"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc/ssl")}, held: "/etc"},
		{name: "a name that begins alike", asks: []string{"/etcetera"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc")}, held: "/etcetera"},
		{name: "was read-only", asks: []string{"/etc"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc:ro")}, held: "/etc"},
		{name: "is read-only", asks: []string{"/etc:ro"}, who: repo, memory: plan.Memory{HostPaths: paths("/etc")}},
		{name: "approved", asks: []string{"/etc"}, who: repo, memory: plan.Memory{Approved: paths("/etc")}},
		{name: "one of two approved", asks: []string{"/etc", "/srv"}, who: repo, memory: plan.Memory{Approved: paths("/etc")}, held: "/srv"},
		{name: "mounted in the container, with lost state", asks: []string{"/etc"}, who: repo, has: paths("/etc")},
		{name: "writable already for whoever writes the file", asks: []string{"/work/shop"}, who: []Writer{{"web", "/repo"}, {"web", "/work"}}, held: "/work/shop"},
		{name: "in a larger mount around the file", asks: []string{"/home/shop"}, who: []Writer{{"web", "/repo"}, {"web", "/"}}},
		{name: "held before, and whoever wrote it is gone", asks: []string{"/etc"}, memory: plan.Memory{Unapproved: paths("/etc")}, held: "/etc"},
		{name: "another path than the one held before", asks: []string{"/srv"}, memory: plan.Memory{Unapproved: paths("/etc")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Unapproved(asks(tt.asks...), tt.memory, tt.who, tt.has...)
			if (got != nil) != (tt.held != "") {
				t.Fatalf("got %+v, want held: %q", got, tt.held)
			}
			if got == nil {
				return
			}
			if len(got.Paths) != 1 || got.Paths[0].Path != tt.held || got.Reason != v1alpha1.ReasonHeld {
				t.Errorf("held: %+v, want %s", got, tt.held)
			}
			for _, text := range []string{"web.yaml:7:3: spec.mounts[0].source: adds the host path " + tt.held, "outside of /repo", "dual-reconciler approve web"} {
				if !strings.Contains(got.Message, text) {
					t.Errorf("%q lacks %q", got.Message, text)
				}
			}
		})
	}
}

// TestWriters: what was read before a workspace could write it is not its doing; what was read after is, also where its container was
// replaced, or went, in between.
func TestWriters(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	box := func(created int, binds ...engine.Bind) engine.Container {
		return engine.Container{Labels: map[string]string{v1alpha1.LabelWorkspace: "web"}, Created: at(created), Binds: binds}
	}
	repo := engine.Bind{Source: "/repo", Target: "/workspace"}
	var w writers
	w.note([]engine.Container{box(100, repo, engine.Bind{Source: "/srv", ReadOnly: true})}, at(101))
	w.note([]engine.Container{box(200, repo)}, at(201))
	for read, want := range map[int]int{99: 0, 100: 0, 101: 1, 150: 1, 201: 1, 250: 1, 500: 0} {
		if got := w.before(at(read)); len(got) != want || want > 0 && got[0] != (Writer{"web", "/repo"}) {
			t.Errorf("read at %d: %v, want %d", read, got, want)
		}
	}
	w.note(nil, at(201+7200))
	if len(w.seen) != 0 {
		t.Errorf("they are kept for ever: %v", w.seen)
	}
}

// TestManifestThatWaitsForApproval goes through the loop: the container stays, another spec is not looked at before the approval, and
// what was approved is forgotten with the path.
func TestManifestThatWaitsForApproval(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine = enginetest.NewMemory(enginetest.Options{Address: "unix:///memory.sock"})
		r.through = r.engine
		ask := func(paths ...string) {
			r.source.set("web", func(s *v1alpha1.WorkspaceSpec) {
				s.Source = &v1alpha1.Source{Path: "/no/such/repo"}
				for _, p := range paths {
					s.Mounts = append(s.Mounts, v1alpha1.Mount{Type: v1alpha1.MountBind, Source: p, Target: "/x" + p})
				}
			})
			w := r.source.workspaces["web"]
			w.Tree, w.Written = "/no/such/repo", []string{"/no/such/repo/web.yaml"}
			for _, p := range paths {
				w.Outside = append(w.Outside, manifest.HostPath{Path: p, Real: p})
			}
			r.replace()
		}
		r.start()
		ask()
		r.rest(time.Second)
		before, _ := r.engine.Get("dual-web")
		ask("/etc")
		r.wantReady("web", v1alpha1.ReasonHeld)
		if c, _ := r.engine.Get("dual-web"); c.ID != before.ID {
			t.Fatal("it was replaced before the approval")
		}
		r.stop()
		r.start()
		r.replace()
		r.wantReady("web", v1alpha1.ReasonHeld)
		if paths, err := r.RequestApproval("web", "ann"); err != nil || len(paths) != 1 || paths[0] != "/etc" {
			t.Fatalf("approve = %v, %v", paths, err)
		}
		r.rest(plan.StartCheckAfter)
		r.wantReady("web", "+"+v1alpha1.ReasonRunning)
		if _, err := r.RequestApproval("web", "ann"); err == nil {
			t.Error("nothing was approved")
		}
		ask()
		r.wantReady("web", "+"+v1alpha1.ReasonRunning)
		ask("/etc")
		r.wantReady("web", v1alpha1.ReasonHeld)
	})
}
