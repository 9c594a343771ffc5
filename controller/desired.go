package controller

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// desired is the latest snapshot, and since when which workspaces are absent from complete ones.
type desired struct {
	directory string

	mu       sync.Mutex
	snapshot *manifest.Snapshot
	// shown is the newest snapshot whose edits show in the states.
	shown  *manifest.Snapshot
	absent map[string]time.Time
	// askedAt are the times of the snapshots that first asked for the host paths of a workspace as they are now.
	askedAt map[string]asked
	// told are the problems and holds that were logged, so that each is said once.
	told map[string]news
}

func newDesired(directory string) *desired {
	return &desired{directory: directory, absent: map[string]time.Time{}, askedAt: map[string]asked{}, told: map[string]news{}}
}

// change is what a snapshot brought.
type change struct {
	// changed are the workspaces about which something else may have to be done now; superseded are those of them whose
	// spec is another one, or gone; edited those that are wanted otherwise than before, in whatever way.
	changed, superseded, edited []string
	// news are the problems and holds that are new, or over.
	news []news
}

// take accepts a snapshot.
func (d *desired) take(s *manifest.Snapshot, known []string) change {
	d.mu.Lock()
	defer d.mu.Unlock()
	var changed, superseded, edited []string
	before := d.snapshot
	d.snapshot = s
	d.ask(s)
	for name, w := range s.Workspaces {
		if before == nil || before.Workspaces[name] != w {
			changed = append(changed, name)
		}
		if before == nil || before.Workspaces[name] == w || before.Workspaces[name] == nil {
			continue
		}
		was, now := wanted(before.Workspaces[name]), wanted(w)
		if was.Key() != now.Key() {
			superseded = append(superseded, name)
		}
		if !now.Same(was) {
			edited = append(edited, name)
		}
	}
	holdsChanged := before == nil || !slices.Equal(before.Holds, s.Holds)
	absent := map[string]time.Time{}
	if before != nil {
		known = append(known, slices.Collect(maps.Keys(before.Workspaces))...)
	}
	for _, name := range known {
		if _, there := s.Workspaces[name]; there {
			continue
		}
		if _, done := absent[name]; done {
			continue
		}
		if before != nil && before.Workspaces[name] != nil {
			edited = append(edited, name)
		}
		if len(s.Holds) > 0 {
			// What was absent before counts anew from the first complete snapshot on.
			if holdsChanged || before.Workspaces[name] != nil {
				changed = append(changed, name)
			}
			continue
		}
		absent[name] = s.Time
		if since, was := d.absent[name]; was && since.Before(s.Time) {
			absent[name] = since
		}
		changed = append(changed, name)
		superseded = append(superseded, name)
	}
	d.absent = absent
	slices.Sort(changed)
	slices.Sort(edited)
	return change{changed: slices.Compact(changed), superseded: superseded, edited: slices.Compact(edited), news: d.news(s)}
}

// taken notes that nobody is told any more what was true before a snapshot.
func (d *desired) taken(s *manifest.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = s
}

// asked is when a manifest was first read that asks for host paths, which text stands for.
type asked struct {
	paths string
	at    time.Time
}

// ask keeps since when each workspace's manifest asks for the host paths that it does.
func (d *desired) ask(s *manifest.Snapshot) {
	now := make(map[string]asked, len(s.Workspaces))
	for name, w := range s.Workspaces {
		if len(w.Outside) == 0 {
			continue
		}
		a := asked{paths: fmt.Sprint(hostPaths(w), w.Written), at: s.Time}
		if before, known := d.askedAt[name]; known && before.paths == a.paths {
			a.at = before.at
		}
		now[name] = a
	}
	d.askedAt = now
}

// asked is when a workspace's manifest was first read as it asks for host paths now.
func (d *desired) asked(name string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.askedAt[name].at
}

// news is a problem or a hold that is new, or over.
type news struct {
	workspace, reason, text string
	over                    bool
}

// news are the problems and holds that were not there before, each once while it lasts, and those that are over.
func (d *desired) news(s *manifest.Snapshot) []news {
	now := map[string]news{}
	for _, p := range s.Problems {
		now[p.Error()] = news{workspace: p.Workspace, reason: p.Reason, text: p.Error()}
	}
	for _, h := range s.Holds {
		now[h.Message] = news{reason: v1alpha1.ReasonHeld, text: h.Message}
	}
	var out []news
	for _, text := range slices.Sorted(maps.Keys(now)) {
		if _, told := d.told[text]; !told {
			out = append(out, now[text])
		}
	}
	for _, text := range slices.Sorted(maps.Keys(d.told)) {
		if _, lasts := now[text]; !lasts {
			n := d.told[text]
			n.over = true
			out = append(out, n)
		}
	}
	d.told = now
	return out
}

// latest is the newest snapshot; nil before the first.
func (d *desired) latest() *manifest.Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshot
}

// stillGone reports whether the newest snapshot lets a workspace be removed, as the one did that its removal was planned on. A
// request to remove it overrides holds, but not a manifest. Without any snapshot nothing was read: removing was asked for.
func (d *desired) stillGone(name string, requested bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil {
		return true
	}
	_, there := d.snapshot.Workspaces[name]
	return !there && (requested || len(d.snapshot.Holds) == 0)
}

// manifest is the workspace in the latest snapshot, or nil.
func (d *desired) manifest(name string) *manifest.Workspace {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil {
		return nil
	}
	return d.snapshot.Workspaces[name]
}

func (d *desired) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(d.snapshot.Workspaces))
}

// of is the manifest's side of a plan's input, and the workspace in the snapshot (nil where there is none).
func (d *desired) of(name string) (*plan.Desired, plan.Absence, *manifest.Workspace) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.snapshot
	w, there := s.Workspaces[name]
	if there {
		return wanted(w), plan.Absence{Confirmed: s.Time}, w
	}
	since, counted := d.absent[name]
	if !counted {
		// The engine told of it only after the snapshot was taken: it counts as absent from this snapshot on.
		since = s.Time
		d.absent[name] = since
	}
	absence := plan.Absence{Since: since, Confirmed: s.Time}
	if len(s.Holds) > 0 {
		delete(d.absent, name)
		absence.Held = &plan.Problem{Reason: v1alpha1.ReasonHeld, Message: "not removed yet: " + holdText(s.Holds)}
	}
	return nil, absence, nil
}

func holdText(holds []manifest.Hold) string {
	texts := make([]string, len(holds))
	for i, h := range holds {
		texts[i] = h.Message
	}
	return strings.Join(texts, "; ")
}

func wanted(w *manifest.Workspace) *plan.Desired {
	out := &plan.Desired{
		Spec: w.Spec, Env: w.Env, EnvFromHash: w.EnvFromHash, Source: w.File, Missing: w.Missing,
		GitDirectory: w.GitDirectory, GitRefused: w.GitRefused,
		Paused: w.Annotations[v1alpha1.AnnotationReconcile] == v1alpha1.ReconcileDisabled,
	}
	if w.Problem != nil {
		out.Problem = &plan.Problem{Reason: w.Problem.Reason, Message: w.Problem.Error()}
	}
	return out
}

// unsettledFor bounds how long a query waits for files that are being written: one that changes all the time never settles.
const unsettledFor = 2 * manifest.DefaultSettle

// unsettledSince reports whether files are being written that a query that began at since must still wait for.
func (d *desired) unsettledSince(since time.Time) bool {
	s := d.latest()
	return s != nil && len(s.Unsettled) > 0 && s.Time.Sub(since) < unsettledFor
}

// readAt returns when the last read of the manifests began that shows in the workspaces' states; false before the first.
func (d *desired) readAt() (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shown == nil {
		return time.Time{}, false
	}
	if d.shown.Began.IsZero() {
		return d.shown.Time, true
	}
	return d.shown.Began, true
}

func (d *desired) problems() []manifest.Problem {
	if s := d.latest(); s != nil {
		return s.Problems
	}
	return nil
}

func (d *desired) holds() []manifest.Hold {
	if s := d.latest(); s != nil {
		return s.Holds
	}
	return nil
}

// absentFromLatest reports whether there is a snapshot that does not have a workspace.
func (d *desired) absentFromLatest(name string) bool {
	return d.latest() != nil && d.manifest(name) == nil
}
