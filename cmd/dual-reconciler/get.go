package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/server"
)

// getFlags are the flags of get.
type getFlags struct {
	output, selector string
	watch, secrets   bool
}

func getCommand(g *globals) *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "get [NAME...]",
		Aliases: []string{"list", "ls"},
		Short:   "List workspaces and their state",
		Long: `List workspaces and their state: as the running controller reports them, or else as the engine and the manifests
show them.

Values of env, args, setup, and the words of commands behind the program are shown as ***, unless --show-secrets is given.
Values from env files are never shown. Exit code: 1 when a NAME is unknown.`,
		Example: `  dual-reconciler get
  dual-reconciler get shop-feat-auth -o yaml
  dual-reconciler get -l team=web -o wide
  dual-reconciler get -w`,
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := print.CheckFormat(f.output, print.WorkspaceFormats...); err != nil {
				return err
			}
			selector, err := labels.Parse(f.selector)
			if err != nil {
				return fmt.Errorf("-l %s: %w", f.selector, err)
			}
			if f.watch {
				return g.getWatch(cmd.Context(), f, names, selector)
			}
			all, err := g.backend().Workspaces(cmd.Context(), f.secrets)
			if err != nil {
				return err
			}
			found, unknown := choose(all, names, selector)
			if err := g.Workspaces(found, f.output, len(names) == 1); err != nil {
				return err
			}
			return unknown
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "wide, json, yaml or name")
	cmd.Flags().StringVarP(&f.selector, "selector", "l", "", "only workspaces whose labels match, such as team=web")
	cmd.Flags().BoolVarP(&f.watch, "watch", "w", false, "go on with a line for each change")
	cmd.Flags().BoolVar(&f.secrets, "show-secrets", false, "show the values of env, args, setup, and of commands")
	return cmd
}

// getWatch prints the workspaces and then each change. The user's interrupt is no error.
func (g *globals) getWatch(ctx context.Context, f getFlags, names []string, selector labels.Selector) error {
	rows := print.NewRows(g.RawOut, f.output == "wide")
	err := g.backend().Watch(ctx, f.secrets, func(c server.Change) bool {
		ws := *c.Object
		switch {
		case len(names) > 0 && !slices.Contains(names, ws.Name) || !selector.Matches(labels.Set(ws.Labels)):
		case f.output == "" || f.output == "wide":
			rows.Row(ws, c.Type == server.Deleted)
		default:
			_ = g.Workspaces([]v1alpha1.Workspace{ws}, f.output, true)
		}
		return true
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
