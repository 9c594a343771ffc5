package controller

import (
	"errors"
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// keep tells of a state that could not be written: the loop goes on with what it has in memory.
func (c *Controller) keep(err error) {
	// Once: a full disk would fill the log, too.
	if err == nil || !c.unsaved.CompareAndSwap(nil, &err) {
		return
	}
	c.Log.Error("state not kept; it is in memory, and written when it can be", "error", err)
	c.record(status.EventWarning, "", v1alpha1.ConditionStateNotSaved,
		err.Error()+"; it is in memory, and lost when the controller ends: free space, or give another --state-dir")
}

// save tries again to write what could not be written.
func (c *Controller) save() {
	if c.unsaved.Load() == nil {
		return
	}
	err := c.Store.Retry()
	if c.Events != nil {
		err = errors.Join(err, c.Events.Retry())
	}
	if err != nil {
		return
	}
	c.unsaved.Store(nil)
	c.Log.Info("state kept: what was only in memory is written")
	c.record(status.EventNormal, "", "StateSaved", "what was only in memory is written")
	for _, name := range c.names() {
		c.queue.Add(name)
	}
}

// notSaved is the condition of a workspace whose record is not on the disk.
func (c *Controller) notSaved(name string) []plan.Notice {
	err := c.Store.Unsaved(name)
	if err == nil {
		return nil
	}
	return []plan.Notice{{
		Type: v1alpha1.ConditionStateNotSaved, Reason: v1alpha1.ReasonWriteFailed,
		Message: fmt.Sprintf("%v: backoff, counters and conditions are in memory, and lost when the controller ends", err),
	}}
}
