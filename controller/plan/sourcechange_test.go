package plan_test

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

const shop = "/src/shop"

func onSourceChange(p v1alpha1.SourceChangePolicy) specEdit {
	return func(s *v1alpha1.WorkspaceSpec) { s.SourceChangePolicy = p }
}

// startedWith says what the container's source was at its start.
func startedWith(at plan.StartSource) inputEdit {
	return remembering(func(m *plan.Memory) {
		m.Sources = &plan.Sources{
			ContainerID: "c1", StartedAt: now.Add(-time.Minute), Binds: map[string]plan.StartSource{"/workspace": at},
		}
	})
}

// seenFor says since when another source is there.
func seenFor(id string, since time.Duration) inputEdit {
	return remembering(func(m *plan.Memory) {
		m.Sources.Replaced = map[string]plan.Replacement{"/workspace": {ID: id, Since: now.Add(-since)}}
	})
}

// seeing says what the source is now: a checked directory that stands still, unless it is edited.
func seeing(id string, edits ...func(*plan.Source)) inputEdit {
	return func(in *plan.Input) {
		in.Settle = plan.SourceSettle
		s := plan.Source{
			Bind: plan.Bind{Target: "/workspace", Path: shop}, ID: id, Dir: true, Checked: id, Restarted: id, Mounted: plan.MountedDeleted,
			Changed: now.Add(-time.Hour),
		}
		for _, edit := range edits {
			edit(&s)
		}
		in.Sources = []plan.Source{s}
	}
}

func isFile(s *plan.Source)     { s.Dir = false }
func isEmpty(s *plan.Source)    { s.Empty = true }
func unchecked(s *plan.Source)  { s.Checked = "first" }
func isMoved(s *plan.Source)    { s.Restarted = "first" }
func busy(s *plan.Source)       { s.Busy = "git is cloning into it" }
func restless(s *plan.Source)   { s.Changed = now }
func unknown(s *plan.Source)    { s.Mounted = "" }
func stillThere(s *plan.Source) { s.Mounted = plan.MountedOther }
func theSame(s *plan.Source)    { s.Mounted = plan.MountedSame }

const restarts = `
restart web: /src/shop (at /workspace) is another directory than when the container started
  stop dual-web within 10s
  start dual-web
=> SourceReplaced: /src/shop (at /workspace) is another directory than when the container started
`

const leaves = `
=> ready Running: container dual-web runs
`

// What took the place of a source restarts the workspace once it is complete, as the policy says.
func TestSourceReplaced(t *testing.T) {
	first := startedWith(plan.StartSource{ID: "first"})
	emptyFirst := startedWith(plan.StartSource{ID: "first", Empty: true})
	long := seenFor("second", time.Hour)
	for name, c := range map[string]struct {
		policy v1alpha1.SourceChangePolicy
		inputs []inputEdit
		golden string
	}{
		"the same":                        {"", []inputEdit{first, seeing("first")}, leaves},
		"the kernel knows that it is":     {"", []inputEdit{first, seeing("second", theSame), long}, leaves},
		"a deleted directory":             {"", []inputEdit{first, seeing("second"), long}, restarts},
		"a directory, the kernel is mute": {"", []inputEdit{first, seeing("second", unknown), long}, restarts},
		"a directory that still exists":   {"", []inputEdit{first, seeing("second", stillThere), long}, leaves},
		"an empty one below a new mount":  {"", []inputEdit{emptyFirst, seeing("second", stillThere), long}, restarts},
		"a file":                          {"", []inputEdit{first, seeing("second", isFile), long}, leaves},
		"a file, Restart": {v1alpha1.SourceChangeRestart, []inputEdit{first, seeing("second", isFile), long}, `
restart web: /src/shop (at /workspace) is another file than when the container started
  stop dual-web within 10s
  start dual-web
=> SourceReplaced: /src/shop (at /workspace) is another file than when the container started
`},
		"a directory that still exists, Restart": {v1alpha1.SourceChangeRestart, []inputEdit{first, seeing("second", stillThere), long}, restarts},
		"a deleted directory, Ignore":            {v1alpha1.SourceChangeIgnore, []inputEdit{first, seeing("second"), long}, leaves},
		"not checked as it is":                   {"", []inputEdit{first, seeing("second", unchecked), long}, leaves},
		"seen just now": {"", []inputEdit{first, seeing("second")}, `
=> SourceReplaced: /src/shop (at /workspace) is another directory than when the container started; the workspace is restarted when it has been left alone for 2s
   wake in 2s
`},
		"being filled": {"", []inputEdit{first, seeing("second", restless), seenFor("second", 10*time.Second)}, `
=> SourceReplaced: /src/shop (at /workspace) is another directory than when the container started; the workspace is restarted when it has been left alone for 2s
   wake in 2s
`},
		"filled for ever": {"", []inputEdit{first, seeing("second", restless), long}, restarts},
		"being cloned": {"", []inputEdit{first, seeing("second", busy), long}, `
=> SourceReplaced: /src/shop (at /workspace) is another directory than when the container started; the workspace is restarted when it is complete (git is cloning into it)
   wake in 1s
`},
		"empty": {"", []inputEdit{first, seeing("second", isEmpty), seenFor("second", 3*time.Second)}, `
=> SourceReplaced: /src/shop (at /workspace) is another directory than when the container started; the workspace is restarted when there is something in it
   wake in 7s
`},
		"empty for good": {"", []inputEdit{first, seeing("second", isEmpty), long}, restarts},
		"restarted for it already": {"", []inputEdit{first, seeing("second"), long, remembering(func(m *plan.Memory) {
			m.SourcesTried = map[string]string{"/workspace": "second"}
		})}, leaves},
		"a setup runs": {"", []inputEdit{first, seeing("second"), long, func(in *plan.Input) {
			in.Setup = &plan.SetupRun{Container: plan.Ref{ID: "c1"}, Since: now}
		}}, leaves},
		"the manifest has a fault": {"", []inputEdit{first, seeing("second"), long, func(in *plan.Input) {
			in.Desired.Problem = &plan.Problem{Reason: v1alpha1.ReasonInvalidManifest, Message: "bad"}
		}}, `
=> stalled InvalidManifest: bad (container dual-web runs)
`},
		"paused": {"", []inputEdit{first, seeing("second"), long, func(in *plan.Input) { in.Desired.Paused = true }}, `
=> Paused: paused by the annotation dual.dev/reconcile; what is due: restart (/src/shop (at /workspace) is another directory than when the container started)
`},
		"asked to stop": {"", []inputEdit{first, seeing("second"), long, func(in *plan.Input) { stopped(&in.Desired.Spec) }}, `
stop web: spec.state Running → Stopped
  stop dual-web within 10s
=> Stopping: stopping, as spec.state asks
`},
		"another source is missing": {"", []inputEdit{first, seeing("second"), long, func(in *plan.Input) {
			in.Desired.Missing = []string{shop}
		}}, `
=> stalled SourceNotFound: /src/shop (at /workspace) is another directory than when the container started; not restarted before /src/shop exists on the host
`},
		"a preview waits for nothing": {"", []inputEdit{first, seeing("second", busy, isEmpty), func(in *plan.Input) { in.Settle = 0 }}, restarts},
	} {
		spec := []specEdit{source(shop), onSourceChange(c.policy)}
		in := input(want(spec...), having(running(specOf(spec...), inspected(engine.Limits{}))))
		for _, edit := range c.inputs {
			edit(&in)
		}
		check(t, name, in, c.golden)
	}
	// A link that was given another target: the container was created with the target of then.
	moved := input(want(source(shop), onSourceChange(v1alpha1.SourceChangeRestart)),
		having(running(specOf(source(shop), onSourceChange(v1alpha1.SourceChangeRestart)), inspected(engine.Limits{}))),
		first, seeing("second", stillThere, isMoved), long)
	golden(t, "only a new container mounts it", moved)
}

// What is not done is said, with what to do.
func TestSourceReplacedIsSaid(t *testing.T) {
	notice := func(edits ...inputEdit) string {
		in := input(want(source(shop)), append([]inputEdit{having(running(specOf(source(shop)), inspected(engine.Limits{})))}, edits...)...)
		in.Memory = plan.Remember(in)
		notices := plan.Make(in).Verdict.Notices
		if len(notices) != 1 || notices[0].Type != v1alpha1.ConditionSourceReplaced {
			t.Fatalf("notices %+v", notices)
		}
		return notices[0].Reason + ": " + notices[0].Message
	}
	first, long := startedWith(plan.StartSource{ID: "first"}), seenFor("second", time.Hour)
	for want, got := range map[string]string{
		"SourceReplaced: /src/shop (at /workspace) is another file than when the container started, and the workspace still has that one, " +
			"which was deleted: `dual-reconciler restart web` shows the new one": notice(first, seeing("second", isFile), long),
		"SourceReplaced: /src/shop (at /workspace) is another directory than when the container started, and the workspace still has that one: " +
			"`dual-reconciler recreate web` shows the new one": notice(first, seeing("second", stillThere, isMoved), long),
		"SourceReplaced: /src/shop (at /workspace) is another directory than when the container started, and the workspace still has that one, " +
			"which was deleted: the workspace is restarted": notice(first, seeing("second")),
		"SourceNotFound: /src/shop (at /workspace) is gone from the host, and the workspace still has what was there": notice(first, seeing("", func(s *plan.Source) {
			s.Missing = true
		})),
	} {
		if got != want {
			t.Errorf("notice\n%s\nwant\n%s", got, want)
		}
	}
}

// A run that the controller did not start is known by what the kernel says of its mounts, or else by what is there now.
func TestSourcesOfAnotherRun(t *testing.T) {
	for name, c := range map[string]struct {
		mounted plan.Mounted
		missing bool
		want    bool
	}{
		"the kernel is mute": {"", false, false},
		"the same":           {plan.MountedSame, false, false},
		"deleted":            {plan.MountedDeleted, false, true},
		"other":              {plan.MountedOther, false, true},
	} {
		for record, edit := range map[string]inputEdit{
			"no record": func(*plan.Input) {},
			"of a run before": remembering(func(m *plan.Memory) {
				m.Sources = &plan.Sources{ContainerID: "c1", StartedAt: now.Add(-time.Hour), Binds: map[string]plan.StartSource{"/workspace": {ID: "zero"}}}
			}),
			"of another container": remembering(func(m *plan.Memory) {
				m.Sources = &plan.Sources{ContainerID: "c0", Binds: map[string]plan.StartSource{"/workspace": {ID: "zero"}}}
			}),
		} {
			in := input(want(source(shop)), having(running(specOf(source(shop)), inspected(engine.Limits{}))), edit,
				seeing("now", func(s *plan.Source) { s.Mounted = c.mounted }))
			in.Containers[0].Details = nil
			if ids := plan.NeedsOf(in).Inspect; len(ids) != 1 {
				t.Errorf("%s, %s: inspects %v", name, record, ids)
			}
			in.Containers[0].Details = &engine.Details{StartedAt: now.Add(-time.Minute)}
			in.Memory = plan.Remember(in)
			if got := len(plan.Make(in).Verdict.Notices) > 0; got != c.want {
				t.Errorf("%s, %s: replaced %t, want %t: %+v", name, record, got, c.want, in.Memory.Sources)
			}
			in.Containers[0].Details = nil
			if ids := plan.NeedsOf(in).Inspect; len(ids) > 0 && !c.want {
				t.Errorf("%s, %s: inspects %v again", name, record, ids)
			}
		}
	}
}
