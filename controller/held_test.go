package controller

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// A manifest goes while removals are held already: its workspace says so at once.
func TestAManifestThatGoesDuringAHoldIsHeld(t *testing.T) {
	bubble(t, func(r *rig) {
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
	})
}
