package controller

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// A pull that a workspace has left goes on for others, and writes nothing about the workspace any more.
func TestAPullThatWasLeftShowsNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		gate := make(chan struct{})
		r.engine.HoldPull("a:1", gate)
		r.start()
		r.source.set("web", image("a:1"))
		r.source.set("other", image("a:1"))
		r.apply()
		r.wantReady("web", "Pulling")
		r.source.set("web", image("b:1"))
		r.apply()
		r.wantReady("web", "+Running")
		close(gate) // The pull reports once more.
		synctest.Wait()
		r.wantReady("web", "+Running")
		r.rest(time.Minute)
		r.wantReady("web", "+Running")
		r.wantReady("other", "+Running")
	})
}

// A reconcile that lost its lease publishes nothing.
func TestAnEarlierReconcilePublishesNothing(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		v, p, err := r.parts.gather.plan(context.Background(), "web")
		if err != nil {
			t.Fatal(err)
		}
		v.lease = r.states.acquire("web")
		r.states.release("web", v.lease)
		r.parts.publisher.publish(v, p, v1alpha1.ReasonPulling, "pulling for ever")
		r.wantReady("web", "+Running")
		r.source.remove("web")
		r.apply()
		r.rest(3 * time.Second)
		r.apply()
		r.parts.publisher.publish(v, p, v1alpha1.ReasonPulling, "pulling for ever")
		r.wantReady("web", "unknown")
	})
}

// While something is done about a workspace it is not as its manifest asks, also where its container runs meanwhile.
func TestNothingIsReadyWhileItIsChanged(t *testing.T) {
	bubble(t, func(r *rig) {
		ready := map[string]bool{}
		r.opts = func(o *Options) {
			o.OnChange = func(ws *v1alpha1.Workspace, _ bool) {
				c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
				if c.Status == "True" && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReconciling) {
					t.Errorf("ready while %s: %s", c.Reason, c.Message)
				}
				ready[c.Reason] = ready[c.Reason] || c.Status == "True"
			}
		}
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.source.set("web", image("a:1"), func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.Memory = ptr.To(resource.MustParse("64Mi")) })
		r.apply()
		if was, seen := ready[v1alpha1.ReasonUpdating]; was || !seen {
			t.Errorf("updating: ready %v, seen %v", was, seen)
		}
		r.wantReady("web", "+Running")
	})
}

// A manifest that was edited is not ready by what was done for the one before: neither until a pass looks at it, nor by what
// a pass that began before still writes.
func TestAnEditIsNotReadyBeforeItIsLookedAt(t *testing.T) {
	bubble(t, func(r *rig) {
		edited := false
		r.opts = func(o *Options) {
			o.OnChange = func(ws *v1alpha1.Workspace, _ bool) {
				if edited && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady) && ws.Spec.Image != "b:1" {
					t.Errorf("ready as of %s after the edit", ws.Spec.Image)
				}
			}
		}
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		gate := make(chan struct{})
		r.engine.OnCall(func(c enginetest.Call) error {
			if c.Op == "Update" && c.Phase == enginetest.Before {
				<-gate
			}
			return nil
		})
		r.source.set("web", image("a:1"), func(s *v1alpha1.WorkspaceSpec) { s.Resources.Limits.Memory = ptr.To(resource.MustParse("64Mi")) })
		r.apply()
		r.wantReady("web", "Updating")
		edited = true
		since := time.Now()
		r.source.set("web", image("b:1"))
		r.apply()
		r.wantReady("web", "Pending")
		if r.Settled(since) {
			t.Error("settled before a pass looked at the edit")
		}
		close(gate)
		r.rest(plan.StartCheckAfter)
		r.wantReady("web", "+Running")
	})
}

// Where the same is asked for from elsewhere, nothing changes.
func TestAManifestThatMovesStaysReady(t *testing.T) {
	bubble(t, func(r *rig) {
		changes := 0
		r.opts = func(o *Options) { o.OnChange = func(*v1alpha1.Workspace, bool) { changes++ } }
		r.start()
		r.source.set("web", image("a:1"))
		r.apply()
		r.wantReady("web", "+Running")
		r.source.set("web", image("a:1"))
		r.source.workspaces["web"].File = "other.yaml"
		changes = 0
		r.apply()
		r.wantReady("web", "+Running")
		if changes != 1 {
			t.Errorf("%d changes of a workspace whose manifest moved, want the one that names its new place", changes)
		}
	})
}

// What is down at the end is named.
func TestOutagesAtTheEnd(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web", image("a:1"))
		r.source.set("off", image("a:1"), stopped)
		r.source.set("typo", image("no/such:1"))
		r.source.set("killed", image("a:1"))
		r.apply()
		r.stop()
		if err := r.engine.Operator().Kill("dual-killed"); err != nil {
			t.Fatal(err)
		}
		down, err := r.Outages(context.Background())
		if want := []string{"killed (it ended just now)", "typo (ImagePullFailed)"}; err != nil || !slices.Equal(down, want) {
			t.Errorf("down: %v, %v, want %v", down, err, want)
		}
	})
}
