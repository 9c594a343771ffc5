package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func approveCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "approve NAME...",
		Short: "Let held changes of host paths through",
		Long: `Let held changes of host paths through.

A manifest in a file that a workspace can write waits, as Held, where it adds a host path outside of its own work
tree: describe shows which. The approval is for those paths as they are now, and for no later change; it is kept in
the state directory. Exit code: 1 when nothing of a NAME waits.`,
		Example:           `  dual-reconciler approve shop-feat-auth`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			return g.approve(cmd.Context(), names)
		},
	}
}

func (g *globals) approve(ctx context.Context, names []string) error {
	var approve func(name string) ([]string, error)
	if client, ok := g.running(); ok {
		approve = func(name string) ([]string, error) { return client.Approve(ctx, name, whoAmI()) }
	} else {
		h, o, err := g.holdOffline(ctx)
		if err != nil {
			return err
		}
		defer h.release()
		snapshot := g.newLoader(h.engine(), o.Store, loopFlags{resync: manifest.DefaultResync}).LoadSettled(ctx, sayWaiting())
		approve = func(name string) ([]string, error) { return controller.Approve(ctx, o, snapshot, name, whoAmI()) }
	}
	for _, name := range names {
		paths, err := approve(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "workspace.dual.dev/%s approved: %s\n", name, strings.Join(paths, ", "))
	}
	return nil
}
