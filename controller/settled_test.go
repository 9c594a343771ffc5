package controller

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// TestSettledAfterPublication: who follows the changes until all is settled must have heard of the last one by then.
func TestSettledAfterPublication(t *testing.T) {
	bubble(t, func(r *rig) {
		var since time.Time
		published := map[bool]int{}
		r.opts = func(o *Options) {
			o.OnChange = func(ws *v1alpha1.Workspace, deleted bool) {
				published[deleted]++
				if r.Settled(since) {
					t.Errorf("settled while a change of %s is published (deleted: %v)", ws.Name, deleted)
				}
			}
		}
		r.start()
		since = time.Now()
		r.source.set("a", func(s *v1alpha1.WorkspaceSpec) { s.Image = "a:1" })
		r.apply()
		r.wantReady("a", "+Running")
		if !r.Settled(since) {
			t.Error("not settled although all is done")
		}
		r.source.remove("a")
		r.apply()
		r.rest(3 * time.Second)
		r.apply()
		if r.want(""); !r.Settled(since) || published[false] == 0 || published[true] != 1 {
			t.Errorf("settled %v after the removal, published %v", r.Settled(since), published)
		}
	})
}
