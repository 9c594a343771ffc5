package controller

import (
	"errors"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

func source(path string) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.Source = &v1alpha1.Source{Path: path} }
}

// missing delivers a workspace with these paths missing.
func (r *rig) missing(name string, paths ...string) {
	r.source.mu.Lock()
	w := *r.source.workspaces[name]
	w.Missing = paths
	r.source.workspaces[name] = &w
	r.source.mu.Unlock()
	r.apply()
}

// A source that comes back is not delayed by what failed before.
func TestSourceThatComesBack(t *testing.T) {
	bubble(t, func(r *rig) {
		broken := true
		r.engine.OnCall(func(c enginetest.Call) error {
			if broken && (c.Op == "Create" || c.Op == "Start") && c.Phase == enginetest.Before {
				return errors.New("no")
			}
			return nil
		})
		r.source.set("web", image("a:1"), source("/src/shop"))
		r.start()
		r.apply()
		back := func(what string) {
			t.Helper()
			broken = false
			r.missing("web", "/src/shop")
			r.wantReady("web", "SourceNotFound")
			r.engine.ResetCalls()
			r.rest(time.Hour)
			r.wantCalls()
			r.missing("web")
			if r.wantReady("web", "+Running"); t.Failed() {
				t.Fatal(what)
			}
		}
		r.rest(time.Hour)
		r.wantReady("web", "CreateFailed")
		back("creations failed")

		broken = true
		_ = r.engine.Operator().Kill(r.container("web").ID)
		r.rest(time.Hour)
		r.wantReady("web", "StartFailed")
		back("starts failed")

		for range 12 {
			_ = r.engine.Operator().Kill(r.container("web").ID)
			r.rest(6 * time.Minute)
		}
		for range 12 {
			_ = r.engine.Operator().Kill(r.container("web").ID)
			r.rest(time.Second)
		}
		r.wantReady("web", "CrashLoopBackOff")
		back("it died again and again")
	})
}
