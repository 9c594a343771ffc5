package controller

import (
	"errors"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// Healthy returns an error if a component of the controller makes no progress. Neither an unreachable engine nor
// broken manifests are a reason: to restart the controller would not help. A lock that is never released makes
// Healthy block, which the prober's own timeout detects.
func (c *Controller) Healthy() error {
	_, _ = c.desired.readAt()
	c.states.get("")
	if !c.parts.connection.now().connected {
		// Calls to an engine that does not answer hold the workers.
		return c.heartbeats.missing(componentSource, componentEngine)
	}
	return c.heartbeats.missing(componentSource, componentEngine, componentDispatcher)
}

// Ready returns why the controller cannot do its work: the manifests were not read yet, or the engine is not connected.
func (c *Controller) Ready() error {
	if _, read := c.desired.readAt(); !read {
		return errors.New("the manifests were not read yet")
	}
	return c.EngineUp()
}

// EngineUp returns why the engine is not connected; nil if it is.
func (c *Controller) EngineUp() error { return c.parts.connection.now().err() }

// LastRead returns when the last read of the manifests began that shows in the workspaces' states; false before the
// first.
func (c *Controller) LastRead() (time.Time, bool) { return c.desired.readAt() }

// started reports whether the manifests were read once, and the first attempt to connect to the engine is over. It
// stays true while the engine is disconnected.
func (c *Controller) started() bool {
	engine := c.parts.connection.now()
	return c.readSince(time.Time{}) && (engine.connected || engine.cause != nil)
}

// readSince reports whether a read of the manifests that began at or after since is over.
func (c *Controller) readSince(since time.Time) bool {
	at, read := c.desired.readAt()
	return read && !at.Before(since)
}

// Workspaces returns all workspaces by name. Those of the manifests that were not reconciled yet are pending. They
// are shared: read only.
func (c *Controller) Workspaces() []*v1alpha1.Workspace { return c.parts.publisher.all() }

// Settled reports whether every workspace was reconciled on manifests read at or after since, and no reconcile is
// under way or due at once. A workspace that backs off, or waits for something else, is settled.
func (c *Controller) Settled(since time.Time) bool {
	if !c.readSince(since) || !c.parts.connection.now().connected || c.desired.unsettledSince(since) {
		return false
	}
	for _, name := range c.parts.gather.names() {
		known := c.states.of(name)
		if known.published == nil || known.reconciledOn.IsZero() || known.reconciledOn.Before(since) || !settled(known.published) {
			return false
		}
	}
	// Last, because a change counts as unpublished from before it can be seen above.
	return c.states.unpublished.Load() == 0
}

// settled reports whether a workspace is not expected to change soon by itself.
func settled(ws *v1alpha1.Workspace) bool {
	conditions := ws.Status.Conditions
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) {
		return false
	}
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Status == "True" || ready.Reason == v1alpha1.ReasonPaused ||
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled))
}

// current reports whether the states refer to manifests that were read at or after since, with no file that is being written. While
// the engine is disconnected, no reconcile publishes states.
func (c *Controller) current(since time.Time) bool {
	if !c.started() || !c.readSince(since) || c.desired.unsettledSince(since) {
		return false
	}
	return c.parts.connection.now().cause != nil || !slices.ContainsFunc(c.desired.names(), func(name string) bool {
		known := c.states.of(name)
		return known.published == nil || known.edited
	})
}

// Notes returns the documents in the manifests that belong to other tools.
func (c *Controller) Notes() []string {
	var lines []string
	for _, p := range c.desired.problems() {
		if p.Note() {
			lines = append(lines, p.Error())
		}
	}
	return lines
}

// Problems returns the faults of the manifests as they are now, and the reasons why removals are held.
func (c *Controller) Problems() []string {
	var lines []string
	for _, p := range c.desired.problems() {
		if !p.Note() {
			lines = append(lines, p.Error())
		}
	}
	for _, h := range c.desired.holds() {
		lines = append(lines, h.Message)
	}
	return lines
}

// ProblemCounts returns the numbers of faults in the manifests as they are now, by reason. Every reason is present.
func (c *Controller) ProblemCounts() map[string]int {
	counts := map[string]int{v1alpha1.ReasonInvalidManifest: 0, v1alpha1.ReasonDuplicateName: 0, manifest.ReasonNotAWorkspace: 0}
	for _, p := range c.desired.problems() {
		counts[p.Reason]++
	}
	return counts
}

// HoldOtherDirectory is the hold of workspaces that came from another directory or machine; all other holds are the
// manifests'.
const HoldOtherDirectory = "OtherDirectory"

// HeldRemovals returns the numbers of workspaces that would be removed now but for a hold, by the hold's reason. A
// workspace that is held for two reasons counts for both. Every reason is present.
func (c *Controller) HeldRemovals() map[string]int {
	counts := map[string]int{HoldOtherDirectory: 0}
	for _, reason := range manifest.HoldReasons() {
		counts[string(reason)] = 0
	}
	reasons := map[manifest.HoldReason]bool{}
	for _, h := range c.desired.holds() {
		reasons[h.Reason] = true
	}
	for _, name := range c.parts.cache.Workspaces() {
		if !c.desired.absentFromLatest(name) {
			continue
		}
		for reason := range reasons {
			counts[string(reason)]++
		}
		if len(reasons) == 0 && !c.parts.options.Takeover && refusal(c.parts.gather.known(name)) != nil {
			counts[HoldOtherDirectory]++
		}
	}
	return counts
}
