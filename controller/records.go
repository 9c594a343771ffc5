package controller

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// records persist what is remembered of workspaces, and the events. What cannot be written stays in memory: that is
// reported once, and retried with each read of the manifests.
type records struct {
	store *status.Store
	// events is nil if none are kept.
	events *status.Events
	log    *slog.Logger
	// unsaved is why something could not be written; nil if everything is.
	unsaved atomic.Pointer[error]
}

func (r *records) memory(name string) plan.Memory { return r.store.Get(name).Memory }

// remember applies a transition to a workspace's memory.
func (r *records) remember(name string, transition func(plan.Memory) plan.Memory) {
	r.persisted(r.store.Update(name, func(r *status.Record) { r.Memory = transition(r.Memory) }))
}

// persisted reports the first error of a write. The controller goes on with what it has in memory.
func (r *records) persisted(err error) {
	// Once, because a full disk would fill the log, too.
	if err == nil || !r.unsaved.CompareAndSwap(nil, &err) {
		return
	}
	r.log.Error("state not saved; it is in memory, and written when that is possible", "error", err)
	r.event(status.EventWarning, "", v1alpha1.ConditionStateNotSaved,
		err.Error()+"; it is in memory, and lost when the controller ends: free space, or give another --state-dir")
}

// retry writes what could not be written before. It reports whether there was something, and all of it is written now.
func (r *records) retry() (saved bool) {
	if r.unsaved.Load() == nil {
		return false
	}
	err := r.store.Retry()
	if r.events != nil {
		err = errors.Join(err, r.events.Retry())
	}
	if err != nil {
		return false
	}
	r.unsaved.Store(nil)
	r.log.Info("state saved: everything that was only in memory is written")
	r.event(status.EventNormal, "", "StateSaved", "everything that was only in memory is written")
	return true
}

// notSaved is the condition of a workspace whose record could not be written.
func (r *records) notSaved(name string) []plan.Notice {
	err := r.store.Unsaved(name)
	if err == nil {
		return nil
	}
	return []plan.Notice{{
		Type: v1alpha1.ConditionStateNotSaved, Reason: v1alpha1.ReasonWriteFailed,
		Message: fmt.Sprintf("%v: backoff, counters and conditions are in memory, and lost when the controller ends", err),
	}}
}
