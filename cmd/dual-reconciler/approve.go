package main

import "github.com/spf13/cobra"

func approveCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "approve NAME...",
		Short: "Let held changes of host paths through",
		Long: `Let held changes of host paths through.

A manifest in a file that a workspace can write is Held if it adds a host path outside of its own work tree:
describe shows which. The approval is for the present paths, and for no later change; it is stored in the state
directory. Exit code: 1 when nothing of a NAME waits.`,
		Example:           `  dual-reconciler approve shop-feat-auth`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			return g.backend().Approve(cmd.Context(), names, g.done)
		},
	}
}
