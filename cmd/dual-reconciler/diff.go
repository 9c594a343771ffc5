package main

import (
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
)

func diffCommand(g *globals) *cobra.Command {
	var output string
	var f loopFlags
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what a reconcile would do, and why",
		Long: `Show what a reconcile of all workspaces would do now, and why. Nothing is changed.

Exit code: 0 when there is nothing to do, 1 when there is something, a removal that is held included, 2 on an error,
broken manifests included.`,
		Example: `  dual-reconciler diff
  git switch feature && dual-reconciler diff -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := print.CheckFormat(output, "json"); err != nil {
				return exitError{2, err}
			}
			previewed, snapshot, err := g.preview(cmd.Context(), f)
			if err != nil {
				return exitError{2, err}
			}
			d := print.NewDiff(previewed, snapshot)
			if err := g.Diff(d, output); err != nil {
				return exitError{2, err}
			}
			return exit(d.ExitCode(previewed), nil)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines")
	cmd.Flags().BoolVar(&f.takeover, "takeover", false, takeoverUsage)
	f.registerAllowEmpty(cmd)
	return cmd
}
