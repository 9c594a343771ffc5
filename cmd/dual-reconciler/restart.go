package main

import "github.com/spf13/cobra"

func restartCommand(g *globals) *cobra.Command {
	var takeover bool
	cmd := &cobra.Command{
		Use:   "restart NAME...",
		Short: "Restart workspaces now, without touching manifests",
		Long: `Restart workspaces now, without touching manifests: SIGTERM, SIGKILL after the grace period, start.

It resets a crash-loop backoff, and is recorded as an event with who asked.`,
		Example:           `  dual-reconciler restart shop-feat-auth`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			return g.backend().Restart(cmd.Context(), names, takeover, g.done)
		},
	}
	cmd.Flags().BoolVar(&takeover, "takeover", false, takeoverUsage)
	return cmd
}
