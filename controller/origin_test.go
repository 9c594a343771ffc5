package controller

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// at makes the next controllers read this directory on this machine.
func (r *rig) at(machine, directory string, takeover bool) {
	r.opts = func(o *Options) {
		o.Machine, o.Host, o.Directory, o.Takeover = machine, machine+".example", directory, takeover
	}
}

func (r *rig) message(name string) string {
	r.Helper()
	return meta.FindStatusCondition(r.states.get(name).Status.Conditions, v1alpha1.ConditionReady).Message
}

// What came from elsewhere is neither removed, nor replaced, nor adopted, nor started again, until it is taken over.
func TestWhatCameFromElsewhereIsLeftAlone(t *testing.T) {
	for _, elsewhere := range []struct{ name, machine, directory, words string }{
		{"another machine", "m2", directory, "machine m1 (host m1.example), directory " + directory},
		{"another directory", "m1", "/elsewhere", directory},
		{"an unknown machine", "", directory, "machine m1"},
	} {
		t.Run(elsewhere.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				r.at("m1", directory, false)
				r.start()
				r.source.set("web", image("a:1"))
				r.source.set("gone", image("a:1"))
				r.apply()
				r.stop()
				r.dir = filepath.Join(r.dir, "other")
				r.at(elsewhere.machine, elsewhere.directory, false)
				r.start()
				r.source.set("web", image("b:1"), setup("true"))
				r.source.remove("gone")
				r.engine.ResetCalls()
				r.apply()
				r.rest(time.Hour)
				r.wantCalls()
				for _, name := range []string{"web", "gone"} {
					r.wantReady(name, "Held")
					for _, word := range []string{elsewhere.words, "--takeover"} {
						if got := r.message(name); !strings.Contains(got, word) {
							t.Errorf("%s: the condition lacks %q: %s", name, word, got)
						}
					}
				}
				if err := r.RequestRestart("web", "test"); err == nil {
					t.Error("restart was accepted")
				}
				if err := r.RequestRecreate("web", "test", false); err == nil {
					t.Error("recreate was accepted")
				}
				if err := r.RequestRemoval("gone", "test"); err == nil {
					t.Error("the removal was accepted")
				}
				if err := r.engine.Operator().Kill(r.container("web").ID); err != nil {
					t.Fatal(err)
				}
				r.engine.ResetCalls()
				r.rest(time.Hour)
				r.wantCalls()
				r.stop()

				r.at(elsewhere.machine, elsewhere.directory, true)
				r.start()
				r.replace()
				r.rest(3 * time.Second)
				r.want("dual-web:running")
				if got := r.image("web"); got != "b:1" {
					t.Errorf("after the takeover it runs %s", got)
				}
			})
		})
	}
}

// A takeover is remembered where nothing had to be created anew, and harmless to forget.
func TestTakeoverIsRemembered(t *testing.T) {
	bubble(t, func(r *rig) {
		r.at("m1", directory, false)
		r.start()
		r.source.set("web")
		r.apply()
		before := r.container("web").ID
		r.stop()
		r.at("m2", "/elsewhere", true)
		r.start()
		r.apply()
		r.wantReady("web", "+Running")
		r.stop()
		r.at("m2", "/elsewhere", false)
		r.start()
		r.apply()
		r.wantReady("web", "+Running")
		r.stop()
		r.at("m2", "/third", false)
		r.start()
		r.apply()
		r.wantReady("web", "Held")
		if r.container("web").ID != before {
			t.Error("the container is another one")
		}
	})
}

// A container of an older release names no machine: then the directory alone decides.
func TestContainerWithoutMachineIsOurs(t *testing.T) {
	bubble(t, func(r *rig) {
		r.at("", directory, false)
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.stop()
		r.at("m1", directory, false)
		r.start()
		r.source.set("web", image("b:1"))
		r.replace()
		r.wantReady("web", "+Running")
		c := r.container("web")
		if c.Labels[v1alpha1.LabelMachine] != "m1" || c.Labels[v1alpha1.LabelHost] != "m1.example" {
			t.Errorf("labels %v", c.Labels)
		}
	})
}

func TestDirectoriesAreComparedAsFiles(t *testing.T) {
	root := t.TempDir()
	real, link := filepath.Join(root, "real"), filepath.Join(root, "link")
	if err := os.Mkdir(real, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	for _, same := range []string{real + "/", link, link + "/.", filepath.Join(root, "x", "..", "real")} {
		if !SameDirectory(real, same) {
			t.Errorf("%s is not %s", same, real)
		}
	}
	for _, other := range []string{root, filepath.Join(root, "gone"), ""} {
		if SameDirectory(real, other) {
			t.Errorf("%s is %s", other, real)
		}
	}
}

func TestDownLeavesWhatCameFromElsewhere(t *testing.T) {
	r := newRig(t, t.TempDir())
	store, err := status.Open(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	labels := func(workspace, machine string) map[string]string {
		return map[string]string{
			v1alpha1.LabelInstance: "test", v1alpha1.LabelWorkspace: workspace, v1alpha1.LabelManifests: directory,
			v1alpha1.LabelMachine: machine, v1alpha1.LabelSpec: `{"image":"a:1"}`,
		}
	}
	for name, machine := range map[string]string{"here": "m1", "there": "m2"} {
		if err := r.engine.CreateVolume(t.Context(), name, labels(name, machine)); err != nil {
			t.Fatal(err)
		}
		if err := r.engine.CreateVolume(t.Context(), name+"-lone", labels("lone", machine)); err != nil {
			t.Fatal(err)
		}
		if err := r.engine.Pull(t.Context(), "a:1", nil); err != nil {
			t.Fatal(err)
		}
		spec := engine.ContainerSpec{Name: v1alpha1.ContainerName(name), Image: "a:1", Labels: labels(name, machine)}
		if _, err := r.engine.Create(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{
		Instance: "test", Machine: "m1", Directory: directory, Engine: r.engine, Source: r.source, Store: store,
		Log: slog.New(slog.DiscardHandler), Workers: 2,
	}
	left, err := Down(context.Background(), o, nil, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	r.want("dual-there:created")
	if text := strings.Join(left, "\n"); len(left) != 3 || !strings.HasPrefix(text, "there: not touched") {
		t.Errorf("left %q", left)
	}
	volumes, err := r.engine.Volumes(t.Context(), "test")
	if err != nil || len(volumes) != 2 {
		t.Errorf("volumes %v, %v", volumes, err)
	}
	o.Takeover = true
	if left, err := Down(context.Background(), o, nil, nil, true); err != nil || len(left) > 0 {
		t.Errorf("down --takeover leaves %q, %v", left, err)
	}
	r.want("")
}
