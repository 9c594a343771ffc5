package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/cache"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// approvals find out which manifests wait for an approval of their host paths.
type approvals struct {
	connection *connection
	cache      *cache.Cache
	desired    *desired
	writers    writers
}

// complete adds to a plan's input the host paths that wait for a user's approval: those that the workspace did not
// have before, outside of the manifest's own work tree, in a file that a workspace could write before it was read.
func (a *approvals) complete(in *plan.Input, w *manifest.Workspace) {
	in.HostPaths, in.Unapproved = nil, nil
	if w == nil || w.Spec.Image == "" || in.Elsewhere != nil {
		return
	}
	in.HostPaths = hostPaths(w)
	if !a.connection.now().sharesFiles() {
		return // What containers write is on another machine, and no manifest.
	}
	has := binds(plan.Claimed(*in))
	if len(plan.Adds(in.HostPaths, slices.Concat(has, in.Memory.HostPaths, in.Memory.Approved)...)) == 0 {
		return // Most manifests add nothing, and cost nothing more.
	}
	a.writers.note(a.cache.All(), time.Now())
	in.Unapproved = Unapproved(w, in.Memory, a.writers.before(a.desired.asked(w.Name)), has...)
}

// hostPaths returns a manifest's host paths outside of its own work tree, as they are remembered; never nil.
func hostPaths(w *manifest.Workspace) []plan.HostPath {
	paths := []plan.HostPath{}
	for _, p := range w.Outside {
		paths = append(paths, plan.HostPath{Path: p.Real, ReadOnly: p.ReadOnly})
	}
	return paths
}

// Unapproved returns why a manifest waits for a user's approval; nil if it does not. all are the workspaces that
// could write host paths before the manifest was read. have are the host paths that the workspace has, besides those
// that are remembered.
func Unapproved(w *manifest.Workspace, m plan.Memory, all []Writer, have ...plan.HostPath) *plan.Unapproved {
	have = slices.Concat(have, m.HostPaths, m.Approved)
	var who []string
	for _, x := range writersOf(all, w.Written) {
		who = append(who, x.Workspace)
		// What it can write already, it does not gain by a manifest.
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
	// What was held once is held until a user approves it, even if the workspace that wrote it is gone.
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

// approvable returns the input of a workspace whose host paths wait for an approval, or why there is nothing to
// approve.
func (g *gatherer) approvable(name string) (plan.Input, error) {
	w := g.desired.manifest(name)
	if w == nil {
		return plan.Input{}, fmt.Errorf("approve %s: %w", name, ErrUnknown)
	}
	in := g.known(name)
	g.approvals.complete(&in, w)
	err := refusal(in)
	if err == nil && in.Unapproved == nil {
		err = errNothingToApprove
	}
	if err != nil {
		return plan.Input{}, fmt.Errorf("approve %s: %w", name, err)
	}
	return in, nil
}

// approve lets the host paths through with which a workspace's manifest waits, and returns them.
func (p *parts) approve(name, by string) (paths []string, err error) {
	in, err := p.gather.approvable(name)
	if err != nil {
		return nil, err
	}
	for _, path := range in.Unapproved.Paths {
		paths = append(paths, path.String())
	}
	if err := p.records.store.Update(name, func(r *status.Record) { r.Memory = r.Memory.Approve(in.Unapproved.Paths) }); err != nil {
		return nil, fmt.Errorf("approve %s: %w", name, err)
	}
	p.records.event(status.EventNormal, name, v1alpha1.ReasonApproved, "host paths approved by "+by+": "+strings.Join(paths, ", "))
	return paths, nil
}

// RequestApproval lets the host paths through with which a workspace's manifest waits, and returns them. by is who
// approved, for the event. The error is ErrUnknown if there is no such workspace.
func (c *Controller) RequestApproval(name, by string) ([]string, error) {
	paths, err := c.parts.approve(name, by)
	if err == nil {
		c.request(name, v1alpha1.ReasonPending, "host paths approved by "+by)
	}
	return paths, err
}

// Approve is RequestApproval while no controller runs, on the manifests in s. Nothing is changed on the engine.
func Approve(ctx context.Context, o Options, s *manifest.Snapshot, name, by string) ([]string, error) {
	p, err := connectedParts(ctx, o, s)
	if err != nil {
		return nil, err
	}
	return p.approve(name, by)
}
