package controller

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func outdated(r *rig, name string) bool {
	return meta.IsStatusConditionTrue(r.states.get(name).Status.Conditions, v1alpha1.ConditionImageOutdated)
}

func TestImageOutdated(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.set("web", image("a:1"))
		r.start()
		r.apply()
		before := r.container("web").ID
		r.engine.AddImage("a:1", enginetest.ImageOptions{ID: "sha256:rebuilt"})
		r.rest(31 * time.Second)
		r.wantReady("web", "+Running")
		if !outdated(r, "web") {
			t.Fatalf("conditions after the image was rebuilt: %+v", r.states.get("web").Status.Conditions)
		}
		_ = r.engine.Operator().Kill(before) // What an event refers to is inspected, which does not tell of the reference.
		r.rest(time.Second)
		if !outdated(r, "web") || r.container("web").ID != before {
			t.Fatalf("after a restart: outdated %t, container %s", outdated(r, "web"), r.container("web").ID)
		}
		if err := r.RequestRecreate("web", "ann", false); err != nil {
			t.Fatal(err)
		}
		r.rest(time.Second)
		r.wantReady("web", "+Running")
		if c := r.container("web"); c.ID == before || c.ImageID != "sha256:rebuilt" || outdated(r, "web") {
			t.Errorf("after the request: container %s of %s, outdated %t", c.ID, c.ImageID, outdated(r, "web"))
		}
		r.want("dual-web:running")
		if err := r.RequestRecreate("absent", "ann", false); !errors.Is(err, ErrUnknown) {
			t.Errorf("recreate of an unknown workspace: %v", err)
		}
	})
}

func TestImageUpdatePolicyRecreate(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.set("web", image("a:1"), func(s *v1alpha1.WorkspaceSpec) { s.ImageUpdatePolicy = v1alpha1.ImageUpdateRecreate })
		r.start()
		r.apply()
		before := r.container("web").ID
		r.engine.AddImage("a:1", enginetest.ImageOptions{ID: "sha256:broken", Unstartable: "exec format error"})
		r.rest(40 * time.Second)
		if c := r.container("web"); c.ID != before {
			t.Fatalf("an image that does not start replaced %s by %s", before, c.ID)
		}
		r.engine.AddImage("a:1", enginetest.ImageOptions{ID: "sha256:mended"})
		r.rest(10 * time.Minute)
		if c := r.container("web"); c.ID == before || c.ImageID != "sha256:mended" {
			t.Errorf("container %s of %s", c.ID, c.ImageID)
		}
		r.wantReady("web", "+Running")
	})
}

func TestRequestRemoval(t *testing.T) {
	bubble(t, func(r *rig) {
		r.source.set("web", image("a:1"))
		r.source.set("api", image("a:1"))
		r.start()
		r.apply()
		if err := r.RequestRemoval("web", "ann"); err == nil {
			t.Error("a workspace that a manifest asks for is removed on request")
		}
		r.source.remove("web")
		r.source.hold(manifest.Hold{Reason: manifest.HoldGitOperation, Message: "a rebase is under way"})
		r.apply()
		r.rest(10 * time.Second)
		r.wantReady("web", "Held")
		if err := r.RequestRemoval("web", "ann"); err != nil {
			t.Fatal(err)
		}
		r.rest(time.Second)
		r.want("dual-api:running")
	})
}
