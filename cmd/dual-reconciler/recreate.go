package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func recreateCommand(g *globals) *cobra.Command {
	var pull, takeover bool
	cmd := &cobra.Command{
		Use:   "recreate NAME...",
		Short: "Replace the containers of workspaces now, with the image that their tag means now",
		Long: `Replace the containers of workspaces now, with the image that their tag means now.

The tag is pulled first where imagePullPolicy is Always, or --pull is given; else it is what the engine has under
it, such as an image that was built again. The previous container is kept until the new one runs.`,
		Example: `  dual-reconciler recreate shop-feat-auth
  dual-reconciler recreate --pull shop-main shop-feat-auth`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			return g.recreate(cmd.Context(), names, pull, takeover)
		},
	}
	cmd.Flags().BoolVar(&pull, "pull", false, "pull the image first, whatever imagePullPolicy says")
	cmd.Flags().BoolVar(&takeover, "takeover", false, takeoverUsage)
	return cmd
}

func (g *globals) recreate(ctx context.Context, names []string, pull, takeover bool) error {
	if client, ok := g.running(); ok {
		return request(names, "recreate", func(name string) error { return client.Recreate(ctx, name, whoAmI(), pull) })
	}
	h, o, err := g.holdOffline(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	o.Takeover = takeover
	snapshot := g.newLoader(h.engine(), o.Store, loopFlags{resync: manifest.DefaultResync}).LoadSettled(ctx, sayWaiting())
	if err := controller.Recreate(ctx, o, snapshot, names, whoAmI(), pull); err != nil {
		return err
	}
	reportEach(names, "recreated")
	return nil
}
