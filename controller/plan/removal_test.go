package plan_test

import (
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func held(in *plan.Input) {
	in.Absent.Held = &plan.Problem{Reason: v1alpha1.ReasonHeld, Message: "not removed yet: a rebase is under way"}
}

func TestRemoval(t *testing.T) {
	check(t, "absent for less than the delay", input(nil, gone(time.Second), having(running(specOf()))), `
=> Removing: no manifest asks for it any more; removed at 12:00:01 unless it comes back
   wake in 1s
`)
	unconfirmed := func(in *plan.Input) { in.Absent.Confirmed = now.Add(-3 * time.Second) }
	check(t, "absent for long, not confirmed since", input(nil, gone(4*time.Second), unconfirmed, having(running(specOf()))), `
=> Removing: no manifest asks for it any more; removed at 11:59:58 unless it comes back
   wake in -2s
`)
	check(t, "due", input(nil, gone(2*time.Second), having(running(specOf(grace(3))))), `
remove web: no manifest asks for it any more
  stop dual-web within 3s
  remove dual-web
=> Removing: no manifest asks for it any more
`)
	check(t, "exited", input(nil, gone(time.Hour), having(running(specOf(), exited(0)))), `
remove web: no manifest asks for it any more
  remove dual-web
=> Removing: no manifest asks for it any more
`)
	check(t, "amid a replacement", input(nil, gone(time.Hour), having(
		box("o", final, engine.StateRunning, specOf()), box("n", next, engine.StateCreated, specOf(image("node:22"))))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
  remove dual-web.next
=> Removing: no manifest asks for it any more
`)
	check(t, "dead", input(nil, gone(time.Hour), having(box("c1", final, engine.StateDead, specOf()))), `
remove web: no manifest asks for it any more
  remove dual-web
=> Removing: no manifest asks for it any more
`)
	check(t, "nothing there", input(nil, gone(time.Hour)), `
=> : 
`)
	backoff := remembering(func(m *plan.Memory) {
		m.Failures = map[plan.Kind]plan.Backoff{plan.KindRemove: {
			Failures: 2, Reason: v1alpha1.ReasonRemoveFailed, Message: "device busy", Next: now.Add(2 * time.Second),
		}}
	})
	paused := remembering(func(m *plan.Memory) { m.Paused = true })
	check(t, "paused", input(nil, gone(time.Hour), paused, having(running(specOf()))), `
=> stalled Paused: no manifest asks for it any more; not removed, because the annotation dual.dev/reconcile paused it: `+"`dual-reconciler down web`"+` removes it
`)
	asked := remembering(func(m *plan.Memory) { m.RemoveRequest = "removal requested by ann" })
	check(t, "paused, held and asked for", input(nil, gone(0), paused, held, asked, having(running(specOf(grace(3))))), `
remove web: removal requested by ann
  stop dual-web within 3s
  remove dual-web
=> Removing: no manifest asks for it any more
`)
	check(t, "failed", input(nil, gone(time.Hour), having(running(specOf())), backoff), `
=> stalled RemoveFailed: device busy; next try at 12:00:02
   wake in 2s
`)
}

func TestReclaim(t *testing.T) {
	volumes := func(in *plan.Input) {
		in.Volumes = []engine.Volume{
			{Name: "mine", Labels: map[string]string{v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: workspace}},
			{Name: "others", Labels: map[string]string{v1alpha1.LabelInstance: instance, v1alpha1.LabelWorkspace: "other"}},
			{Name: "foreign"},
		}
	}
	spec := func(edits ...specEdit) v1alpha1.WorkspaceSpec {
		return specOf(append(edits, volume("mine", "/m"), volume("foreign", "/f"))...)
	}
	anon := anonymous("3")
	mounts := mounted(anon, "/var/lib/data")
	removeAnonymous := "  remove volume " + anon + "\n"
	check(t, "Retain", input(nil, gone(time.Hour), volumes, having(running(spec(), mounts))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
`+removeAnonymous+`=> Removing: no manifest asks for it any more
`)
	check(t, "Delete", input(nil, gone(time.Hour), volumes, having(running(spec(reclaim), mounts))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
`+removeAnonymous+`  remove volume mine
=> Removing: no manifest asks for it any more
`)
	left := remembering(func(m *plan.Memory) { m.Reclaim = []string{anon, "foreign", "mine", "others"} })
	check(t, "crashed before the volumes", input(nil, gone(time.Hour), volumes, left), `
remove web: volumes of a workspace that is gone
`+removeAnonymous+`  remove volume mine
=> Removing: remove: volumes of a workspace that is gone
`)
	named := func(names ...string) inputEdit {
		return func(in *plan.Input) {
			in.NamedElsewhere = map[string]bool{}
			for _, name := range names {
				in.NamedElsewhere[name] = true
			}
		}
	}
	check(t, "crashed, and named by another manifest since", input(nil, gone(time.Hour), volumes, left, named("mine", anon)), `
=> : 
`)
	check(t, "another manifest names it", input(nil, gone(time.Hour), volumes, named("mine"), having(running(spec(reclaim), mounts))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
`+removeAnonymous+`=> Removing: no manifest asks for it any more
`)
	check(t, "another spelling of the target", input(nil, gone(time.Hour), volumes, having(running(
		specOf(volume("precious", "/srv//data/./")), mounts))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
`+removeAnonymous+`=> Removing: no manifest asks for it any more
`)
	check(t, "mounted by hand", input(nil, gone(time.Hour), volumes, having(running(spec(reclaim), mounts, mounted("extra", "/extra")))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
`+removeAnonymous+`  remove volume mine
=> Removing: no manifest asks for it any more
`)
	hex := anonymous("4")
	check(t, "a name that looks anonymous", input(nil, gone(time.Hour), volumes, having(running(specOf(volume(hex, "/hex"))))), `
remove web: no manifest asks for it any more
  stop dual-web within 10s
  remove dual-web
=> Removing: no manifest asks for it any more
`)
}

// A removal that is held leaves the workspace converged on its own record.
func TestHeldRemovalConvergesOnTheRecord(t *testing.T) {
	check(t, "running", input(nil, gone(time.Hour), held, having(running(specOf()))), `
=> stalled Held: not removed yet: a rebase is under way (container dual-web runs)
`)
	check(t, "exited", input(nil, gone(time.Hour), held, having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled Held: not removed yet: a rebase is under way (exited with code 1 after 1m0s)
`)
	check(t, "stopped", input(nil, gone(time.Hour), held, having(running(specOf(stopped), exited(143)))), `
=> stalled Held: not removed yet: a rebase is under way (stopped, as spec.state asks)
`)
	check(t, "paused by its last manifest", input(nil, gone(time.Hour), held, having(running(specOf(), exited(1))),
		remembering(func(m *plan.Memory) { m.Paused = true })), `
=> stalled Held: not removed yet: a rebase is under way (paused by the annotation dual.dev/reconcile; what is due: start (exited with code 1 after 1m0s))
`)
	check(t, "nothing there", input(nil, gone(time.Hour), held), `
=> stalled Held: not removed yet: a rebase is under way (no container, and no manifest to create one from)
`)
	check(t, "dead", input(nil, gone(time.Hour), held, having(box("c1", final, engine.StateDead, specOf()))), `
=> stalled Held: not removed yet: a rebase is under way (no container, and no manifest to create one from)
`)
	check(t, "amid a replacement", input(nil, gone(time.Hour), held, having(
		box("o", final, engine.StateExited, specOf()), box("n", next, engine.StateRunning, specOf(image("node:22"))))), `
tidy web: a replacement was interrupted
  rename dual-web to dual-web.old
  rename dual-web.next to dual-web
  remove dual-web.old
=> stalled Held: not removed yet: a rebase is under way (finishing a replacement that was interrupted)
`)
}

// A broken manifest keeps the last good spec in force and shows.
func TestBrokenManifest(t *testing.T) {
	broken := &plan.Problem{Reason: v1alpha1.ReasonInvalidManifest, Message: "web.yaml:3:5: spec.imge: unknown field"}
	lastGood := want()
	lastGood.Problem = broken
	check(t, "running", input(lastGood, having(running(specOf()))), `
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (container dual-web runs)
`)
	check(t, "exited", input(lastGood, having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (exited with code 1 after 1m0s)
`)
	check(t, "no container", input(lastGood), `
create web: no container
  create dual-web
  start dual-web
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (waiting to be created)
`)
	nothingRead := &plan.Desired{Source: "web.yaml", Problem: broken}
	check(t, "never read, running", input(nothingRead, having(running(specOf()))), `
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (container dual-web runs)
`)
	check(t, "never read, exited", input(nothingRead, having(running(specOf(), exited(1)))), `
start web: exited with code 1 after 1m0s
  start dual-web
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (exited with code 1 after 1m0s)
`)
	check(t, "never read, no container", input(nothingRead), `
=> stalled InvalidManifest: web.yaml:3:5: spec.imge: unknown field (no container, and no manifest to create one from)
`)
}
