package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

func downCommand(g *globals) *cobra.Command {
	var r removal
	var yes bool
	cmd := &cobra.Command{
		Use:   "down [NAME...]",
		Short: "Remove the instance's containers, or those of some workspaces",
		Long: `Remove the containers of the named workspaces, or all of the instance, regardless of the manifests; on a
terminal it asks first.

Named volumes stay unless --volumes is given, and even then only those are removed that the instance created.
A running controller must be stopped before all are removed: it would create everything again. It removes a
named workspace itself, unless a manifest asks for it.

What came from another directory of manifests, or from another machine, is left and listed, unless --takeover is
given. Exit code: 1 when something named was left, or nothing but that was found.`,
		Example: `  dual-reconciler down
  dual-reconciler down shop-feat-auth
  dual-reconciler down --instance team-a --volumes --yes`,
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if r.workers < 1 {
				return errors.New("--workers must be at least 1")
			}
			r.names = names
			r.confirm = func(containers []engine.Container) error {
				if yes {
					return nil
				}
				return g.confirmRemoval(containers, r.volumes)
			}
			if len(names) == 0 {
				// It needs the lock, which a running controller holds.
				return local{g}.Remove(cmd.Context(), r, g.done)
			}
			return g.backend().Remove(cmd.Context(), r, g.done)
		},
	}
	cmd.Flags().IntVar(&r.workers, "workers", 8, "how many workspaces are removed in parallel")
	cmd.Flags().BoolVar(&r.volumes, "volumes", false, "also remove the named volumes that the instance created")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&r.takeover, "takeover", false, takeoverUsage)
	return cmd
}

// confirmRemoval asks the user if the input is a terminal.
func (g *globals) confirmRemoval(containers []engine.Container, volumes bool) error {
	if f, ok := g.In.(*os.File); len(containers) == 0 || !ok || !term.IsTerminal(f.Fd()) {
		return nil
	}
	fmt.Fprintf(g.Err, "%s of instance %q will be removed:\n", count.Of(len(containers), "container"), g.instance)
	for _, c := range containers {
		fmt.Fprintf(g.Err, "  %s (workspace %s)\n", c.Name, c.Labels[v1alpha1.LabelWorkspace])
	}
	if volumes {
		fmt.Fprintln(g.Err, "and the named volumes that the instance created.")
	}
	fmt.Fprint(g.Err, "Go on? [y/N] ")
	answer, _ := bufio.NewReader(g.In).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was removed")
}
