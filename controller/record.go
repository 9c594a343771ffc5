package controller

import (
	"fmt"
	"path"
	"path/filepath"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// done says of each kind of action that it was done: in a word for machines and one for people.
var done = map[plan.Kind]struct{ reason, verb string }{
	plan.KindCreate:   {"Created", "created"},
	plan.KindRecreate: {"Recreated", "recreated"},
	plan.KindStart:    {"Started", "started"},
	plan.KindStop:     {"Stopped", "stopped"},
	plan.KindRestart:  {"Restarted", "restarted"},
	plan.KindUpdate:   {"Updated", "updated"},
	plan.KindRename:   {"Renamed", "renamed back"},
	plan.KindUnpause:  {"Unpaused", "unpaused"},
	plan.KindConnect:  {"Connected", "connected again"},
	plan.KindSetup:    {"SetUp", "set up"},
	plan.KindTidy:     {"Tidied", "tidied up"},
	plan.KindRemove:   {"Removed", "removed"},
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
		c.record(v1alpha1.EventNormal, n.workspace, "Resolved", "resolved: "+n.text)
		return
	}
	c.Log.Warn(n.text)
	c.record(v1alpha1.EventWarning, n.workspace, n.reason, n.text)
}

// where is the place in the manifests that asked for an action, for actions that a manifest asks for.
func (x *execution) where(a plan.Action) string {
	w := x.view.manifest
	if w == nil || a.Restart {
		return ""
	}
	switch a.Kind {
	case plan.KindCreate, plan.KindRecreate, plan.KindUpdate, plan.KindStop, plan.KindStart:
	default:
		return ""
	}
	place := printable.Line(fmt.Sprintf("%s:%d", path.Join(filepath.Base(x.Directory), w.File), w.Line))
	if w.Revision != nil {
		place += ", " + w.Revision.String()
	}
	return " (" + place + ")"
}

// RecentEvents are the events of a workspace, or all where workspace is empty; the newest last.
func (c *Controller) RecentEvents(workspace string) []v1alpha1.Event {
	if c.Events == nil {
		return nil
	}
	return c.Events.List(workspace)
}
