package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

func validateCommand(g *globals) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "validate [PATH...]",
		Short: "Check manifests without an engine",
		Long: `Check manifests, files or whole directories, without an engine; without a PATH the directory of --manifests.

Every fault is printed as file:line:column, the field and what to do. Exit code: 0 when all are valid, 1 when not. A document
of another tool is reported, and is a fault only in a file that was named as PATH.`,
		Example: `  dual-reconciler validate
  dual-reconciler validate manifests/shop.yaml -o json`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := print.CheckFormat(output, "json"); err != nil {
				return err
			}
			if len(paths) == 0 {
				paths = []string{g.manifests}
			}
			v := g.validate(cmd.Context(), paths)
			if err := g.Validation(v, output); err != nil {
				return err
			}
			switch {
			case !v.Valid:
				return exitError{code: 1}
			case output == "":
				fmt.Fprintf(g.Out, "%s valid in %s\n", count.Of(v.Workspaces, "workspace"), strings.Join(paths, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines")
	return cmd
}

func (g *globals) validate(ctx context.Context, paths []string) print.Validation {
	v := print.Validation{Problems: []manifest.Problem{}, Held: []manifest.Problem{}}
	store, _ := status.OpenReadOnly(g.instanceDir())
	for _, path := range paths {
		checked := manifest.Check(ctx, path, g.noticeUnsettled(), g.hostPaths()...)
		v.Workspaces += checked.Workspaces
		v.Problems = append(v.Problems, checked.Problems...)
		if store != nil {
			v.Held = append(v.Held, controller.WillBeHeld(checked.Asking, store)...)
		}
	}
	// A document of another tool is a fault only in a file that the user named.
	v.Valid = !slices.ContainsFunc(v.Problems, func(p manifest.Problem) bool {
		return !p.Note() || slices.Contains(paths, p.File)
	})
	return v
}
