package controller

import (
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// unsettledFor bounds how long a query waits for files that are being written: one that changes all the time never
// settles.
const unsettledFor = 2 * manifest.DefaultSettle

// unsettledSince reports whether files are being written that a query that began at since must still wait for.
func (d *desired) unsettledSince(since time.Time) bool {
	s := d.latest()
	return s != nil && len(s.Unsettled) > 0 && s.Time.Sub(since) < unsettledFor
}

// readAt returns when the last read of the manifests began that shows in the workspaces' states; false before the
// first.
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
