package controller

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// A commit that leaves the spec alone reaches the status, and costs the engine nothing.
func TestRevisionAloneReachesTheStatus(t *testing.T) {
	bubble(t, func(r *rig) {
		at := func(revision *v1alpha1.Revision) {
			r.source.set("web", image("a:1"))
			r.source.workspaces["web"].Revision = revision
			r.apply()
		}
		want := func(text string) {
			t.Helper()
			if got := r.states.get("web").Status.Revision.String(); got != text {
				t.Errorf("revision %q, want %q", got, text)
			}
		}
		r.start()
		at(nil)
		want("")
		r.engine.ResetCalls()
		at(&v1alpha1.Revision{Branch: "main", Commit: "1a2b3c4d5e", Dirty: true})
		want("main@1a2b3c4 dirty")
		at(&v1alpha1.Revision{Branch: "main", Commit: "5e6f7a8b9c"})
		want("main@5e6f7a8")
		if calls := r.engine.Calls(); len(calls) != 0 {
			t.Errorf("calls to the engine: %v", calls)
		}
		// Broken when a new process starts: what the last one noted is in force.
		r.stop()
		r.source.workspaces["web"] = &manifest.Workspace{Name: "web", File: "web.yaml", Line: 1, Problem: &manifest.Problem{Reason: v1alpha1.ReasonInvalidManifest}}
		r.start()
		r.apply()
		want("main@5e6f7a8")
	})
}
