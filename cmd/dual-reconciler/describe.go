package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
)

func describeCommand(g *globals) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show a workspace's spec, status, conditions and recent events",
		Example: `  dual-reconciler describe shop-feat-auth
  dual-reconciler describe shop-feat-auth --show-secrets`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			b := g.backend()
			all, err := b.Workspaces(cmd.Context(), secrets)
			if err != nil {
				return err
			}
			found, unknown := choose(all, names, labels.Everything())
			for i, ws := range found {
				if i > 0 {
					fmt.Fprintln(g.Out)
				}
				events, err := b.Events(cmd.Context(), ws.Name)
				if err != nil {
					return err
				}
				if err := g.Description(ws, events); err != nil {
					return err
				}
			}
			return unknown
		},
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "show the values of env, args, setup, and of commands")
	return cmd
}
