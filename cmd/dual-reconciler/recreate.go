package main

import "github.com/spf13/cobra"

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
			return g.backend().Recreate(cmd.Context(), names, pull, takeover, g.done)
		},
	}
	cmd.Flags().BoolVar(&pull, "pull", false, "pull the image first, regardless of imagePullPolicy")
	cmd.Flags().BoolVar(&takeover, "takeover", false, takeoverUsage)
	return cmd
}
