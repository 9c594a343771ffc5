package controller

import (
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// HoldOtherDirectory is the hold of workspaces that came from another directory or machine; all other holds are the manifests'.
const HoldOtherDirectory = "OtherDirectory"

// LastRead is when the manifests were last read; false where they never were.
func (c *Controller) LastRead() (time.Time, bool) { return c.desired.readAt() }

// ProblemCounts are the numbers of faults in the manifests as they are now, by reason. Every reason is there, also with 0.
func (c *Controller) ProblemCounts() map[string]int {
	counts := map[string]int{v1alpha1.ReasonInvalidManifest: 0, v1alpha1.ReasonDuplicateName: 0, manifest.ReasonNotAWorkspace: 0}
	c.desired.mu.Lock()
	defer c.desired.mu.Unlock()
	if s := c.desired.snapshot; s != nil {
		for _, p := range s.Problems {
			counts[p.Reason]++
		}
	}
	return counts
}

// HeldRemovals are the numbers of workspaces that would be removed now but for a hold, by the hold's reason; one that is
// held for two reasons counts for both. Every reason is there, also with 0.
func (c *Controller) HeldRemovals() map[string]int {
	counts := map[string]int{HoldOtherDirectory: 0}
	for _, reason := range manifest.HoldReasons() {
		counts[string(reason)] = 0
	}
	held, reasons := c.desired.held(c.cache.Workspaces())
	for _, name := range held {
		for reason := range reasons {
			counts[string(reason)]++
		}
		if len(reasons) > 0 || c.Takeover {
			continue
		}
		if c.refusal(name) != nil {
			counts[HoldOtherDirectory]++
		}
	}
	return counts
}

// held are those of the names that no manifest asks for, and the reasons why the snapshot removes none of them.
func (d *desired) held(names []string) ([]string, map[manifest.HoldReason]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshot == nil {
		return nil, nil
	}
	var absent []string
	for _, name := range names {
		if _, there := d.snapshot.Workspaces[name]; !there {
			absent = append(absent, name)
		}
	}
	reasons := map[manifest.HoldReason]bool{}
	for _, h := range d.snapshot.Holds {
		reasons[h.Reason] = true
	}
	return absent, reasons
}
