package controller

import (
	"fmt"
	"path"
	"path/filepath"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// event records an event. Its message may quote untrusted text, and is read on terminals and on the page.
func (r *records) event(kind, workspace, reason, message string) {
	if r.events != nil {
		r.persisted(r.events.Record(time.Now(), kind, printable.Line(workspace), reason, printable.Text(message)))
	}
}

// reportChange logs and records a problem or a hold of the manifests that is new, or resolved.
func (r *records) reportChange(c manifestChange) {
	if c.resolved {
		r.log.Info("resolved: " + c.text)
		r.event(status.EventNormal, c.workspace, "Resolved", "resolved: "+c.text)
		return
	}
	r.log.Warn(c.text)
	r.event(status.EventWarning, c.workspace, c.reason, c.text)
}

// recordDone records an event for an action that succeeded.
func (x *execution) recordDone(a plan.Action) {
	reason, verb := a.Kind.Event()
	text := verb + ": " + a.Cause + x.volumesText()
	if !a.Restart && a.Kind.FromManifest() {
		text += definedAt(x.executor.directory, x.view.manifest)
	}
	x.executor.records.event(status.EventNormal, x.plan.Name, reason, text)
}

// definedAt is the place in the manifests that defines a workspace, for people; "" if w is nil.
func definedAt(directory string, w *manifest.Workspace) string {
	if w == nil {
		return ""
	}
	place := printable.Line(fmt.Sprintf("%s:%d", path.Join(filepath.Base(directory), w.File), w.Line))
	if w.Revision != nil {
		place += ", " + w.Revision.String()
	}
	return " (" + place + ")"
}

// RecentEvents returns the events of a workspace, or all if workspace is empty; the newest last.
func (c *Controller) RecentEvents(workspace string) []status.Event {
	if c.records.events == nil {
		return nil
	}
	return c.records.events.List(workspace)
}
