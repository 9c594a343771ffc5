package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

func downCommand(g *globals) *cobra.Command {
	var workers int
	var volumes, yes, takeover bool
	cmd := &cobra.Command{
		Use:   "down [NAME...]",
		Short: "Remove the instance's containers, or those of some workspaces",
		Long: `Remove the containers of the named workspaces, or all of the instance, whatever the manifests say; on a
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
			if workers < 1 {
				return errors.New("--workers must be at least 1")
			}
			return g.down(cmd.Context(), names, workers, volumes, yes, takeover)
		},
	}
	cmd.Flags().IntVar(&workers, "workers", 8, "how many workspaces are removed in parallel")
	cmd.Flags().BoolVar(&volumes, "volumes", false, "also remove the named volumes that the instance created")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&takeover, "takeover", false, takeoverUsage)
	return cmd
}

func (g *globals) down(ctx context.Context, names []string, workers int, volumes, yes, takeover bool) error {
	if client, ok := g.running(); ok && len(names) > 0 {
		if volumes {
			return errors.New("--volumes: a controller of the instance runs: stop it first")
		}
		return request(names, "removal", func(name string) error { return client.Remove(ctx, name, whoAmI()) })
	}
	h, o, err := g.holdOffline(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	containers, err := h.docker.List(ctx, g.instance)
	if err != nil {
		return err
	}
	containers = slices.DeleteFunc(containers, func(c engine.Container) bool {
		name := c.Labels[v1alpha1.LabelWorkspace]
		return !plan.Owned(g.instance, o.Store.Get(name).Memory, c) || len(names) > 0 && !slices.Contains(names, name)
	})
	if len(containers) > 0 && !yes && term.IsTerminal(os.Stdin.Fd()) {
		fmt.Fprintf(stderr, "%s of instance %q will be removed:\n", count.Of(len(containers), "container"), g.instance)
		for _, c := range containers {
			fmt.Fprintf(stderr, "  %s (workspace %s)\n", c.Name, c.Labels[v1alpha1.LabelWorkspace])
		}
		if volumes {
			fmt.Fprintln(stderr, "and the named volumes that the instance created.")
		}
		if !agreed(os.Stdin) {
			return errors.New("nothing was removed")
		}
	}
	o.Workers, o.Takeover = workers, takeover
	removed := 0
	var mu sync.Mutex
	o.OnChange = func(ws *v1alpha1.Workspace, deleted bool) {
		if deleted {
			mu.Lock()
			defer mu.Unlock()
			removed++
			fmt.Fprintf(stdout, "%s removed\n", ws.Name)
		}
	}
	// Whole instances go with all that they created; one workspace leaves the volumes that other manifests name.
	var snapshot *manifest.Snapshot
	if len(names) > 0 {
		snapshot = g.newLoader(h.engine(), o.Store, loopFlags{resync: manifest.DefaultResync}).LoadSettled(ctx, sayWaiting())
	}
	left, err := controller.Down(ctx, o, snapshot, names, volumes)
	for _, line := range left {
		fmt.Fprintln(stderr, line)
	}
	if err == nil && len(left) > 0 && (removed == 0 || len(names) > 0) {
		return exitError{code: 1}
	}
	return err
}

// agreed asks and reports whether the answer was yes.
func agreed(in io.Reader) bool {
	fmt.Fprint(stderr, "Go on? [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
