package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
)

func applyCommand(g *globals) *cobra.Command {
	var f loopFlags
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Converge once, and show how",
		Long: `Converge the containers on the manifests once, and show how.

Where a controller of the instance runs, apply asks it to read all manifests again, and follows it.
It ends when every workspace is ready or known not to become so by itself. Exit code: 0 when all workspaces
are ready, 1 when not. A paused workspace that differs from its manifest is not ready.`,
		Example: `  dual-reconciler apply
  dual-reconciler apply --timeout 2m --manifests ~/workspaces`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return g.apply(cmd.Context(), f, timeout)
		},
	}
	f.register(cmd)
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute,
		"give up after this time; a running controller goes on with what it has begun")
	return cmd
}

func (g *globals) apply(ctx context.Context, f loopFlags, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	p := print.NewProgress(g.RawOut)
	problems, err := g.converge(ctx, f, p)
	for _, problem := range problems {
		fmt.Fprintln(g.Err, problem)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("not converged within %s: %s", timeout, cmp.Or(p.Unready(), p.Pending()))
	case err != nil:
		return err
	case p.Unready() != "":
		return exitError{1, fmt.Errorf("not ready: %s", p.Unready())}
	case len(problems) > 0:
		return exitError{code: 1}
	}
	return nil
}
