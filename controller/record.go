package controller

import (
	"fmt"
	"path"
	"path/filepath"

	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// recordDone records an event for an action that succeeded.
func (x *execution) recordDone(a plan.Action) {
	reason, verb := a.Kind.Event()
	x.record(status.EventNormal, x.plan.Name, reason, verb+": "+a.Cause+x.volumesText()+x.where(a))
}

// record keeps an event. It may quote anybody, and is read on terminals and on the page.
func (c *Controller) record(kind, workspace, reason, message string) {
	if c.Events != nil {
		c.keep(c.Events.Record(c.Clock.Now(), kind, printable.Line(workspace), reason, printable.Text(message)))
	}
}

// tell logs and records what is new about the manifests.
func (c *Controller) tell(n news) {
	if n.over {
		c.Log.Info("resolved: " + n.text)
		c.record(status.EventNormal, n.workspace, "Resolved", "resolved: "+n.text)
		return
	}
	c.Log.Warn(n.text)
	c.record(status.EventWarning, n.workspace, n.reason, n.text)
}

// where is the place in the manifests that asked for an action, for actions that a manifest asks for.
func (x *execution) where(a plan.Action) string {
	w := x.view.manifest
	if w == nil || a.Restart || !a.Kind.FromManifest() {
		return ""
	}
	place := printable.Line(fmt.Sprintf("%s:%d", path.Join(filepath.Base(x.Directory), w.File), w.Line))
	if w.Revision != nil {
		place += ", " + w.Revision.String()
	}
	return " (" + place + ")"
}

// RecentEvents are the events of a workspace, or all where workspace is empty; the newest last.
func (c *Controller) RecentEvents(workspace string) []status.Event {
	if c.Events == nil {
		return nil
	}
	return c.Events.List(workspace)
}
