package controller

import (
	"slices"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// A manifest goes while removals are held already: its workspace says so at once.
func TestAManifestThatGoesDuringAHoldIsHeld(t *testing.T) {
	bubble(t, func(r *rig) {
		r.opts = withEvents(r)
		r.source.set("web", image("a:1"))
		r.source.set("api", image("a:1"))
		r.source.hold(manifest.Hold{Reason: manifest.HoldGitOperation, Message: "a rebase is under way"})
		r.start()
		r.apply()
		r.wantReady("web", "+Running")
		r.source.remove("web")
		r.apply()
		r.wantReady("web", "Held")
		r.wantReady("api", "+Running")
		r.apply()
		if got := events(r.records.events, "web", "Held"); len(got) != 1 || !strings.Contains(got[0].Message, "a rebase is under way") || got[0].Count != 1 {
			t.Errorf("events of the hold: %+v", got)
		}
	})
}

// withEvents lets a controller keep events.
func withEvents(r *rig) func(*Options) {
	return func(o *Options) {
		kept, err := status.OpenEvents(r.dir, nil)
		if err != nil {
			r.Fatal(err)
		}
		o.Events = kept
	}
}

// events of a workspace with a reason.
func events(kept *status.Events, workspace, reason string) []status.Event {
	return slices.DeleteFunc(kept.List(workspace), func(e status.Event) bool { return e.Reason != reason })
}
