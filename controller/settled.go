package controller

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// Settled reports whether a pass over every workspace, on manifests read at or after since, is over and none is under way
// or due at once. What backs off, or waits for something else, is settled.
func (c *Controller) Settled(since time.Time) bool {
	read, ok := c.desired.readAt()
	if !ok || read.Before(since) || !c.isOnline() || c.desired.unsettledSince(since) {
		return false
	}
	for _, name := range c.names() {
		ws := c.states.get(name)
		if ws == nil || !c.states.passedSince(name, since) || !settled(ws) {
			return false
		}
	}
	// Last, because a change counts as unpublished from before it can be seen above.
	return c.states.unpublished.Load() == 0
}

// settled reports whether nothing more is expected of a workspace by itself, soon.
func settled(ws *v1alpha1.Workspace) bool {
	conditions := ws.Status.Conditions
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) {
		return false
	}
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Status == "True" || ready.Reason == v1alpha1.ReasonPaused ||
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled))
}

// unsettledFor bounds how long files that are not believed yet are waited for: one that changes all the time never settles.
const unsettledFor = 2 * manifest.DefaultSettle

// ReadSettled reports whether a read of the manifests that began since then is over and found no file that is being written.
func (c *Controller) ReadSettled(since time.Time) bool {
	return c.ReadSince(since) && !c.desired.unsettledSince(since)
}

// Answerable reports whether what there is to say is about manifests that were read since then and that no file waits for, and
// whether a pass has looked at every workspace of theirs. Where the engine is away, no pass does.
func (c *Controller) Answerable(since time.Time) bool {
	return c.Started() && c.ReadSettled(since) && (c.away.Load() || c.states.looked(c.desired.names()))
}

// unsettledSince reports whether files are not believed yet, as long as it is worth waiting for them.
func (d *desired) unsettledSince(since time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshot != nil && len(d.snapshot.Unsettled) > 0 && d.snapshot.Time.Sub(since) < unsettledFor
}

// readAt is when the last read of the manifests began that shows in the workspaces' states.
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

// Notes are the documents in the manifests that are another tool's.
func (c *Controller) Notes() []string {
	c.desired.mu.Lock()
	defer c.desired.mu.Unlock()
	var lines []string
	if s := c.desired.snapshot; s != nil {
		for _, p := range s.Problems {
			if p.Note() {
				lines = append(lines, p.Error.Error())
			}
		}
	}
	return lines
}

// Problems are the faults of the manifests as they are now, and the reasons why removals wait.
func (c *Controller) Problems() []string {
	c.desired.mu.Lock()
	defer c.desired.mu.Unlock()
	var lines []string
	if s := c.desired.snapshot; s != nil {
		for _, p := range s.Problems {
			if !p.Note() {
				lines = append(lines, p.Error.Error())
			}
		}
		for _, h := range s.Holds {
			lines = append(lines, h.Message)
		}
	}
	return lines
}
