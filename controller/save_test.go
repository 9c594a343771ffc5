package controller

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// A state that cannot be written stops nothing, is a condition and an event, and is written when it can be.
func TestAStateThatCannotBeWrittenIsSaid(t *testing.T) {
	bubble(t, func(r *rig) {
		r.opts = withEvents(r)
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		unsaved := func() bool {
			return meta.IsStatusConditionTrue(r.states.get("web").Status.Conditions, v1alpha1.ConditionStateNotSaved)
		}
		if unsaved() {
			t.Fatal("not saved before anything happened")
		}
		records := filepath.Join(r.dir, "workspaces")
		if err := os.RemoveAll(records); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(records, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		r.source.set("web", image("b:1"))
		r.replace()
		r.wantReady("web", "+Running")
		if got := r.image("web"); got != "b:1" || !unsaved() {
			t.Errorf("image %s, conditions %+v", got, r.states.get("web").Status.Conditions)
		}
		r.engine.ResetCalls()
		r.rest(time.Minute)
		r.wantCalls() // No loop of passes.
		if got := events(r.records.events, "", v1alpha1.ConditionStateNotSaved); len(got) != 1 || got[0].Count != 1 {
			t.Errorf("events: %+v", got)
		}
		if err := os.Remove(records); err != nil {
			t.Fatal(err)
		}
		r.apply()
		if unsaved() || len(events(r.records.events, "", "StateSaved")) != 1 {
			t.Errorf("conditions once it can be written: %+v", r.states.get("web").Status.Conditions)
		}
		if _, err := os.Stat(filepath.Join(records, "web.json")); err != nil {
			t.Error(err)
		}
	})
}
