package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func eventsCommand(g *globals) *cobra.Command {
	var watch bool
	var output string
	cmd := &cobra.Command{
		Use:   "events [NAME]",
		Short: "Show what was done and why, newest last",
		Long: `Show what the controller did and found, and why, newest last. Repeats are counted, not listed.

Events survive restarts of the controller. Without a running one the stored events are shown.`,
		Example: `  dual-reconciler events
  dual-reconciler events shop-feat-auth -w`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := print.CheckFormat(output, "json"); err != nil {
				return err
			}
			workspace := strings.Join(args, "")
			if watch {
				return g.eventsWatch(cmd.Context(), workspace, output)
			}
			list, err := g.backend().Events(cmd.Context(), workspace)
			if err != nil {
				return err
			}
			return g.Streams.Events(list, output)
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on with new events")
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines; with -w one line per event")
	return cmd
}

// eventsWatch prints the recent events and then each new one. The user's interrupt is no error.
func (g *globals) eventsWatch(ctx context.Context, workspace, output string) error {
	err := g.backend().WatchEvents(ctx, workspace, func(e status.Event) { g.Event(e, output) })
	if ctx.Err() != nil {
		return nil
	}
	return err
}
