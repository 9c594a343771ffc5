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

// desired is the latest snapshot of the manifests, and since when which workspaces are absent from complete ones.
type desired struct {
	mu       sync.Mutex
	snapshot *manifest.Snapshot
	// shown is the newest snapshot whose edits show in the published states.
	shown  *manifest.Snapshot
	absent map[string]time.Time
	// askedAt are the times of the snapshots that first asked for the host paths of a workspace as they are now.
	askedAt map[string]asked
	// reported are the problems and holds that were reported, each once.
	reported map[string]manifestChange
}

func newDesired() *desired {
	return &desired{absent: map[string]time.Time{}, askedAt: map[string]asked{}, reported: map[string]manifestChange{}}
}

// change is what a snapshot changed.
type change struct {
	// changed are the workspaces to reconcile. superseded are those of them whose spec is another one, or gone.
	// edited are those whose manifest asks for anything else than before.
	changed, superseded, edited []string
	// reports are the problems and holds that are new, or resolved.
	reports []manifestChange
}

// take accepts a snapshot. recorded are the workspaces that exist apart from the manifests.
func (d *desired) take(s *manifest.Snapshot, recorded []string) change {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.snapshot
	d.snapshot = s
	d.noteAsked(s)
	var c change
	for name, w := range s.Workspaces {
		if before == nil || before.Workspaces[name] != w {
			c.changed = append(c.changed, name)
		}
		if before == nil || before.Workspaces[name] == w || before.Workspaces[name] == nil {
			continue
		}
		was, now := desiredBy(before.Workspaces[name]), desiredBy(w)
		if was.Key() != now.Key() {
			c.superseded = append(c.superseded, name)
		}
		if !now.Same(was) {
			c.edited = append(c.edited, name)
		}
	}
	d.takeAbsent(s, before, recorded, &c)
	c.reports = d.report(s)
	slices.Sort(c.changed)
	slices.Sort(c.edited)
	c.changed, c.edited = slices.Compact(c.changed), slices.Compact(c.edited)
	return c
}

// takeAbsent notes since when workspaces are absent. A snapshot with holds shows no absence: what was absent before
// counts from the next complete snapshot on again.
func (d *desired) takeAbsent(s, before *manifest.Snapshot, recorded []string, c *change) {
	holdsChanged := before == nil || !slices.Equal(before.Holds, s.Holds)
	absent := map[string]time.Time{}
	if before != nil {
		recorded = append(recorded, slices.Collect(maps.Keys(before.Workspaces))...)
	}
	for _, name := range recorded {
		if _, there := s.Workspaces[name]; there {
			continue
		}
		if _, done := absent[name]; done {
			continue
		}
		wasThere := before != nil && before.Workspaces[name] != nil
		if wasThere {
			c.edited = append(c.edited, name)
		}
		if len(s.Holds) > 0 {
			if holdsChanged || wasThere {
				c.changed = append(c.changed, name)
			}
			continue
		}
		absent[name] = s.Time
		if since, was := d.absent[name]; was && since.Before(s.Time) {
			absent[name] = since
		}
		c.changed = append(c.changed, name)
		c.superseded = append(c.superseded, name)
	}
	d.absent = absent
}

// published notes that the published states refer to a snapshot, or a newer one.
func (d *desired) published(s *manifest.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = s
}

// asked is when a manifest was first read that asks for some host paths.
type asked struct {
	// paths identifies them.
	paths string
	at    time.Time
}

// noteAsked notes since when each workspace's manifest asks for its host paths.
func (d *desired) noteAsked(s *manifest.Snapshot) {
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

// asked returns when a workspace's manifest was first read that asks for the host paths that it asks for now.
func (d *desired) asked(name string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.askedAt[name].at
}

// manifestChange is a problem or a hold of the manifests that is new, or resolved.
type manifestChange struct {
	workspace, reason, text string
	resolved                bool
}

// report returns the problems and holds that were not there before, each once while it lasts, and those that are
// resolved.
func (d *desired) report(s *manifest.Snapshot) []manifestChange {
	now := map[string]manifestChange{}
	for _, p := range s.Problems {
		now[p.Error()] = manifestChange{workspace: p.Workspace, reason: p.Reason, text: p.Error()}
	}
	for _, h := range s.Holds {
		now[h.Message] = manifestChange{reason: v1alpha1.ReasonHeld, text: h.Message}
	}
	var out []manifestChange
	for _, text := range slices.Sorted(maps.Keys(now)) {
		if _, before := d.reported[text]; !before {
			out = append(out, now[text])
		}
	}
	for _, text := range slices.Sorted(maps.Keys(d.reported)) {
		if _, still := now[text]; !still {
			c := d.reported[text]
			c.resolved = true
			out = append(out, c)
		}
	}
	d.reported = now
	return out
}

// latest returns the newest snapshot; nil before the first.
func (d *desired) latest() *manifest.Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshot
}

// stillAbsent reports whether the newest snapshot lets a workspace be removed, as the one did that its removal was
// planned on. A request to remove it overrides holds, but not a manifest.
func (d *desired) stillAbsent(name string, requested bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, there := d.snapshot.Workspaces[name]
	return !there && (requested || len(d.snapshot.Holds) == 0)
}

// manifest returns the workspace in the latest snapshot, or nil.
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

// of returns what the manifests ask of a workspace.
func (d *desired) of(name string) target {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.snapshot
	w, there := s.Workspaces[name]
	if there {
		return target{desired: desiredBy(w), absent: plan.Absence{Confirmed: s.Time}, manifest: w}
	}
	since, counted := d.absent[name]
	if !counted {
		// The engine reported it only after the snapshot was taken: it counts as absent from this snapshot on.
		since = s.Time
		d.absent[name] = since
	}
	absence := plan.Absence{Since: since, Confirmed: s.Time}
	if len(s.Holds) > 0 {
		delete(d.absent, name)
		absence.Held = &plan.Problem{Reason: v1alpha1.ReasonHeld, Message: "not removed yet: " + holdText(s.Holds)}
	}
	return target{absent: absence}
}

func holdText(holds []manifest.Hold) string {
	texts := make([]string, len(holds))
	for i, h := range holds {
		texts[i] = h.Message
	}
	return strings.Join(texts, "; ")
}

// desiredBy is what a manifest asks for, as the planner reads it.
func desiredBy(w *manifest.Workspace) *plan.Desired {
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
