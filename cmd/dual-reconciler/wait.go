package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/server"
)

func waitCommand(g *globals) *cobra.Command {
	var what string
	var all bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "wait --for=condition=Ready (NAME... | --all)",
		Short: "Wait until workspaces have a condition, or are gone",
		Example: `  dual-reconciler wait --for=condition=Ready shop-feat-auth
  dual-reconciler wait --for=condition=Ready --all --timeout 2m
  dual-reconciler wait --for=delete shop-feat-auth`,
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			f, err := parseFor(what)
			switch {
			case err != nil:
				return err
			case all == (len(names) > 0):
				return errors.New("name workspaces, or give --all")
			}
			return g.wait(cmd.Context(), f, names, timeout)
		},
	}
	cmd.Flags().StringVar(&what, "for", "condition=Ready", "condition=TYPE[=STATUS] or delete")
	cmd.Flags().BoolVar(&all, "all", false, "wait for all workspaces that there are now")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "give up after this time, with exit code 1")
	return cmd
}

func (g *globals) wait(ctx context.Context, f waitFor, names []string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	list, err := g.backend().Workspaces(ctx, false)
	if err != nil {
		return err
	}
	found, unknown := choose(list, names, labels.Everything())
	switch {
	case unknown != nil && f.condition != "":
		return unknown
	case len(found) == 0 && f.condition == "":
		return nil
	case len(found) == 0:
		return errors.New("no workspaces to wait for")
	}
	// pending is the last state of each workspace that is waited for.
	pending := map[string]string{}
	for _, ws := range found {
		pending[ws.Name] = ""
	}
	err = g.backend().Watch(ctx, false, func(c server.Change) bool {
		name, deleted := c.Object.Name, c.Type == server.Deleted
		if _, waiting := pending[name]; !waiting {
			return true
		}
		if f.met(c.Object, deleted) {
			g.done(name, f.String())
			delete(pending, name)
		} else {
			pending[name] = stateText(c.Object, deleted, pending[name])
		}
		return len(pending) > 0
	})
	if len(pending) == 0 {
		return nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		for _, name := range slices.Sorted(maps.Keys(pending)) {
			fmt.Fprintf(g.Err, "timed out after %s waiting for %s (%s)\n",
				timeout, name, print.Because("", pending[name]))
		}
		return exitError{code: 1}
	}
	return err
}
