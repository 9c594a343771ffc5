package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
)

// waitFor is what wait waits for: a condition's status, or removal where condition is empty.
type waitFor struct {
	condition, status string
}

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
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return g.wait(ctx, f, names, timeout)
		},
	}
	cmd.Flags().StringVar(&what, "for", "condition=Ready", "condition=TYPE[=STATUS] or delete")
	cmd.Flags().BoolVar(&all, "all", false, "wait for all workspaces that there are now")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "give up after this time, with exit code 1")
	return cmd
}

func parseFor(s string) (waitFor, error) {
	if s == "delete" {
		return waitFor{}, nil
	}
	kind, rest, _ := strings.Cut(s, "=")
	condition, status, hasStatus := strings.Cut(rest, "=")
	if kind != "condition" || condition == "" {
		return waitFor{}, fmt.Errorf("--for=%s: want condition=TYPE[=STATUS], such as condition=Ready, or delete", s)
	}
	if !hasStatus {
		status = "True"
	}
	return waitFor{condition: condition, status: status}, nil
}

func (f waitFor) met(ws *v1alpha1.Workspace, deleted bool) bool {
	if f.condition == "" {
		return deleted
	}
	if deleted {
		return false
	}
	for _, c := range ws.Status.Conditions {
		if strings.EqualFold(c.Type, f.condition) {
			return strings.EqualFold(string(c.Status), f.status)
		}
	}
	// Reconciling and Stalled are only there while they are true.
	return strings.EqualFold(f.status, "False") && !strings.EqualFold(f.condition, v1alpha1.ConditionReady)
}

func (f waitFor) String() string {
	if f.condition == "" {
		return "deleted"
	}
	return "condition met"
}

func (g *globals) wait(ctx context.Context, f waitFor, names []string, timeout time.Duration) error {
	list, err := g.workspaces(ctx, false)
	if err != nil {
		return err
	}
	pending := map[string]string{}
	for _, ws := range list {
		pending[ws.Name] = ""
	}
	if len(names) > 0 {
		_, unknown := choose(list, names, labels.Everything())
		if unknown != nil && f.condition != "" {
			return unknown
		}
		maps.DeleteFunc(pending, func(name, _ string) bool { return !slices.Contains(names, name) })
	}
	if len(pending) == 0 {
		if f.condition == "" {
			return nil
		}
		return errors.New("no workspaces to wait for")
	}
	err = g.watch(ctx, false, func(c server.Change) bool {
		name := c.Object.Name
		if _, waiting := pending[name]; !waiting {
			return true
		}
		deleted := c.Type == server.Deleted
		if f.met(c.Object, deleted) {
			fmt.Fprintf(stdout, "workspace.dual.dev/%s %s\n", name, f)
			delete(pending, name)
		} else if deleted {
			pending[name] = "Removed"
		} else if ready := meta.FindStatusCondition(c.Object.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			pending[name] = fmt.Sprintf("%s: %s", ready.Reason, firstLine(ready.Message))
		}
		return len(pending) > 0
	})
	if len(pending) == 0 {
		return nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		for _, name := range slices.Sorted(maps.Keys(pending)) {
			fmt.Fprintf(stderr, "timed out after %s waiting for %s (%s)\n", timeout, name, because("", pending[name]))
		}
		return exitError{code: 1}
	}
	return err
}
