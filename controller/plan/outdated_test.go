package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

const (
	oldImage = "sha256:1111111111111111"
	newImage = "sha256:2222222222222222"
)

func imageUpdates(p v1alpha1.ImageUpdatePolicy) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.ImageUpdatePolicy = p }
}

// untagged is a container whose image's reference was moved to another image, or removed.
func untagged(c *engine.Container) { c.ImageID, c.Untagged = oldImage, true }

func means(id string) inputEdit { return func(in *plan.Input) { in.ImageID = id } }

func TestImageOutdated(t *testing.T) {
	recreate := imageUpdates(v1alpha1.ImageUpdateRecreate)
	inForce := inspected(engine.Limits{})
	check(t, "Notify", input(want(), means(newImage), having(running(specOf(), inForce, untagged))), `
=> ready Running: container dual-web runs
`)
	p := plan.Make(input(want(), means(newImage), having(running(specOf(), inForce, untagged))))
	if diff := cmp.Diff([]plan.Notice{{
		Type: "ImageOutdated", Reason: "ImageChanged",
		Message: "image node:20 is 222222222222 now, the container was created from 111111111111; `dual-reconciler recreate web` replaces it",
	}}, p.Verdict.Notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	golden(t, "Recreate", input(want(recreate), means(newImage), having(running(specOf(recreate), inForce, untagged))))
	for name, in := range map[string]plan.Input{
		"the reference is gone":          input(want(recreate), means(""), having(running(specOf(recreate), inForce, untagged))),
		"the reference was moved back":   input(want(recreate), means(oldImage), having(running(specOf(recreate), inForce, untagged))),
		"only its record is in force":    input(nil, gone(0), held, means(newImage), having(running(specOf(recreate), inForce, untagged))),
		"the list calls the image by ID": input(want(recreate), means(oldImage), having(running(specOf(recreate), inForce, untagged))),
	} {
		if p := plan.Make(in); p.Mutates() || len(p.Verdict.Notices) > 0 {
			t.Errorf("%s: %s%v", name, p, p.Verdict.Notices)
		}
	}
	if !plan.NeedsOf(input(want(), having(running(specOf(), inForce, untagged)))).Image {
		t.Error("a container whose reference was moved does not ask for the image")
	}
	if plan.NeedsOf(input(want(), having(running(specOf(), inForce)))).Image {
		t.Error("a container of a reference that stayed asks for the image")
	}
}

func TestRecreateRequest(t *testing.T) {
	request := func(pull bool) inputEdit {
		return remembering(func(m *plan.Memory) {
			m.Recreate = &plan.RecreateRequest{ContainerID: "c1", Cause: "recreate requested by ann", Pull: pull}
		})
	}
	inForce := inspected(engine.Limits{})
	golden(t, "asked", input(want(), request(false), having(running(specOf(), inForce))))
	golden(t, "asked for the newest image", input(want(), request(true), having(running(specOf(), inForce))))
	check(t, "done", input(want(), request(false), having(box("c2", final, engine.StateRunning, specOf(), inForce))), `
=> ready Running: container dual-web runs
`)
	if m := plan.Remember(input(want(), request(false), having(box("c2", final, engine.StateRunning, specOf(), inForce)))); m.Recreate != nil {
		t.Errorf("the request is remembered although another container is current: %+v", m.Recreate)
	}
	check(t, "no manifest", input(nil, gone(0), held, request(false), having(running(specOf(), inForce))), `
=> stalled Held: not removed yet: a rebase is under way (container dual-web runs)
`)
}
