package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// approval completes a plan's input by whether the manifest's host paths wait for a person's approval: those that the workspace did
// not have before, outside of the manifest's own work tree, in a file that a workspace could write before it was read.
func (c *Controller) approval(in *plan.Input, w *manifest.Workspace) {
	in.HostPaths, in.Unapproved = nil, nil
	if w == nil || w.Spec.Image == "" || in.Elsewhere != nil {
		return
	}
	in.HostPaths = hostPaths(w)
	if !c.connection.sharesFiles() {
		return // What containers write is on another machine, and no manifest.
	}
	has := binds(plan.Claimed(*in))
	if len(plan.Adds(in.HostPaths, slices.Concat(has, in.Memory.HostPaths, in.Memory.Approved)...)) == 0 {
		return // The many that nothing is new about cost nothing.
	}
	c.writers.note(c.cache.All(), c.Clock.Now())
	in.Unapproved = Unapproved(w, in.Memory, c.writers.before(c.desired.asked(w.Name)), has...)
}

// hostPaths are a manifest's host paths outside of its own tree, as they are remembered; never nil.
func hostPaths(w *manifest.Workspace) []plan.HostPath {
	paths := []plan.HostPath{}
	for _, p := range w.Outside {
		paths = append(paths, plan.HostPath{Path: p.Real, ReadOnly: p.ReadOnly})
	}
	return paths
}

// Unapproved says why a manifest waits for a person's approval; nil where it does not. all are the workspaces that could write host
// paths before the manifest was read, have the host paths that the workspace has, besides those that are remembered.
func Unapproved(w *manifest.Workspace, m plan.Memory, all []Writer, have ...plan.HostPath) *plan.Unapproved {
	have = slices.Concat(have, m.HostPaths, m.Approved)
	var who []string
	for _, x := range writersOf(all, w.Written) {
		who = append(who, x.Workspace)
		// What it can write already is not got by a manifest.
		have = append(have, plan.HostPath{Path: x.Path})
	}
	slices.Sort(who)
	who = slices.Compact(who)
	out := &plan.Unapproved{}
	var texts []string
	for _, p := range w.Outside {
		asked := plan.HostPath{Path: p.Real, ReadOnly: p.ReadOnly}
		if len(plan.Adds([]plan.HostPath{asked}, have...)) == 0 {
			continue
		}
		by := ""
		if p.Path != p.Real {
			by = " (by " + p.Path + ")"
		}
		at := p.At
		at.Message = fmt.Sprintf("adds the host path %s%s, which is outside of %s", asked, by, w.Tree)
		texts, out.Paths = append(texts, at.Error()), append(out.Paths, asked)
	}
	// What was held once is held until somebody approves it, also where whoever wrote it is gone.
	held := len(plan.Adds(out.Paths, m.Unapproved...)) < len(out.Paths)
	if len(texts) == 0 || len(who) == 0 && !held {
		return nil
	}
	whose := "a workspace could write that file"
	if len(who) > 0 {
		whose = "workspace " + strings.Join(who, ", ") + " can write that file"
	}
	out.Problem = plan.Problem{Reason: v1alpha1.ReasonHeld, Message: fmt.Sprintf(
		"%s; %s, so that it waits for a person's word: dual-reconciler approve %s", strings.Join(texts, "; "), whose, w.Name)}
	return out
}

var errNothingToApprove = errors.New("nothing of it waits for an approval")

// RequestApproval lets the host paths through with which a workspace's manifest waits, and returns them. by says who approved, for
// the event. ErrUnknown where there is no such workspace.
func (c *Controller) RequestApproval(name, by string) ([]string, error) {
	w := c.desired.manifest(name)
	if w == nil {
		return nil, fmt.Errorf("approve %s: %w", name, ErrUnknown)
	}
	containers := c.cache.Of(name)
	in := plan.Input{Instance: c.Instance, Name: name, Containers: containers, Memory: c.Store.Get(name).Memory}
	c.origin(&in)
	c.approval(&in, w)
	if in.Elsewhere != nil {
		return nil, fmt.Errorf("approve %s: %s", name, in.Elsewhere.Message)
	}
	if in.Unapproved == nil {
		return nil, fmt.Errorf("approve %s: %w", name, errNothingToApprove)
	}
	var texts []string
	for _, p := range in.Unapproved.Paths {
		texts = append(texts, p.String())
	}
	if err := c.Store.Update(name, func(r *status.Record) {
		r.Memory = r.Memory.Approve(in.Unapproved.Paths)
	}); err != nil {
		return nil, fmt.Errorf("approve %s: %w", name, err)
	}
	c.record(status.EventNormal, name, v1alpha1.ReasonApproved, "host paths approved by "+by+": "+strings.Join(texts, ", "))
	// From now on it is not held: whoever waits must not see what was before.
	c.showChanged(name, plan.Verdict{}, v1alpha1.ReasonPending, "host paths approved by "+by)
	c.queue.Add(name)
	return texts, nil
}

// Approve is RequestApproval where no controller runs, on the manifests in s. Nothing is changed on the engine.
func Approve(ctx context.Context, o Options, s *manifest.Snapshot, name, by string) ([]string, error) {
	c := New(o)
	defer c.queue.ShutDown()
	info, err := c.Engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	c.connection.connect(info)
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	c.desired.take(s, c.known())
	return c.RequestApproval(name, by)
}
