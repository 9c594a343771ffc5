package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/session"
)

// resolver wires the search for a workspace's container.
func (g *globals) resolver(e session.Engine, workspace string) *session.Resolver {
	return &session.Resolver{
		Engine: e, Instance: g.instance, Workspace: workspace, Directory: g.manifests,
		Manifests: func(ctx context.Context) map[string]*manifest.Workspace {
			l := manifest.NewLoader(g.manifests, manifest.WithoutRevisions())
			return l.LoadSettled(ctx, g.noticeUnsettled()).Workspaces
		},
		Condition: func(ctx context.Context) string { return g.condition(ctx, workspace) },
		Notice:    func(line string) { fmt.Fprintln(g.Err, line) },
	}
}

// condition is the Ready condition that a running controller reports of a workspace. It is empty if no controller runs,
// or none knows the workspace.
func (g *globals) condition(ctx context.Context, workspace string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	list, err := server.NewClient(g.instanceDir()).List(ctx, false)
	if err != nil {
		return ""
	}
	for _, ws := range list.Items {
		if ws.Name != workspace {
			continue
		}
		if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
			return c.Reason + ": " + print.FirstLine(c.Message)
		}
		return v1alpha1.ReasonPending + ": not looked at yet"
	}
	return ""
}
