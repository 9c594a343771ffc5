package plan_test

import (
	"testing"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Volumes are prepared before the first start of a container, also of one that a crash left unstarted, and never again.
func TestVolumesArePreparedBeforeTheFirstStart(t *testing.T) {
	user := func(u string) specEdit { return func(s *v1alpha1.WorkspaceSpec) { s.SecurityContext.User = u } }
	data := volume("data", "/data")
	started := running(specOf(data, user("1000")), exited(1))
	for name, tt := range map[string]struct {
		in   plan.Input
		want string
	}{
		"created":             {input(want(data, user("1000:1000"))), "dual-web.volumes"},
		"the image's user":    {input(want(data)), "dual-web.volumes"},
		"left by a crash":     {input(want(data, user("1000")), having(box("c1", final, engine.StateCreated, specOf(data, user("1000"))))), "dual-web.volumes"},
		"replaced":            {input(want(data, user("1000"), command("x")), having(running(specOf(data)))), "dual-web.volumes"},
		"started again":       {input(want(data, user("1000")), having(started)), ""},
		"root":                {input(want(data, user("root:1000"))), ""},
		"no volume":           {input(want(user("1000"))), ""},
		"nothing to write to": {input(want(user("1000"), data, func(s *v1alpha1.WorkspaceSpec) { s.Mounts[0].ReadOnly = true })), ""},
	} {
		found, starts := "", 0
		for _, a := range plan.Make(tt.in).Actions {
			for _, s := range a.Steps {
				if s.Op == plan.OpStart {
					found, starts = s.Helper, starts+1
				}
			}
		}
		if starts != 1 || found != tt.want {
			t.Errorf("%s: %d starts with helper %q, want one with %q", name, starts, found, tt.want)
		}
	}
	// What a crash left of the preparation goes.
	left := box("v", "dual-web.volumes", engine.StateCreated, v1alpha1.WorkspaceSpec{})
	check(t, "left over", input(want(data), having(running(specOf(data), inspected(engine.Limits{})), left)), `
tidy web: a replacement was interrupted
  remove dual-web.volumes
=> Replacing: finishing a replacement that was interrupted
`)
}
