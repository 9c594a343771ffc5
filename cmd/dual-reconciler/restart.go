package main

import (
	"context"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
)

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
			return g.restart(cmd.Context(), names, takeover)
		},
	}
	cmd.Flags().BoolVar(&takeover, "takeover", false, takeoverUsage)
	return cmd
}

func (g *globals) restart(ctx context.Context, names []string, takeover bool) error {
	if client, ok := g.running(); ok {
		return request(names, "restart", func(name string) error { return client.Restart(ctx, name, whoAmI()) })
	}
	h, o, err := g.holdOffline(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	o.Takeover = takeover
	if err := controller.Restart(ctx, o, names, whoAmI()); err != nil {
		return err
	}
	reportEach(names, "restarted")
	return nil
}

// whoAmI is the user's name for the record.
func whoAmI() string {
	u, err := user.Current()
	if err != nil {
		return "an unknown user"
	}
	return u.Username
}
