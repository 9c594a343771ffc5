package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/suggest"
)

// choose returns the named workspaces, or all if names is empty, whose labels match. An unknown name is an error, which
// does not keep the others from being returned.
func choose(
	all []v1alpha1.Workspace, names []string, selector labels.Selector,
) (found []v1alpha1.Workspace, unknown error) {
	if len(names) == 0 {
		names = namesOf(all)
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(ws v1alpha1.Workspace) bool { return ws.Name == name })
		switch {
		case i < 0:
			unknown = notFound(name, all)
		case selector.Matches(labels.Set(all[i].Labels)):
			found = append(found, all[i])
		}
	}
	return found, unknown
}

// notFound suggests the workspace that may have been meant.
func notFound(name string, all []v1alpha1.Workspace) error {
	if like, ok := suggest.Nearest(name, namesOf(all)); ok {
		return fmt.Errorf("workspace %q not found; did you mean %q?", name, like)
	}
	return fmt.Errorf("workspace %q not found", name)
}

func namesOf(all []v1alpha1.Workspace) []string {
	names := make([]string, len(all))
	for i, ws := range all {
		names[i] = ws.Name
	}
	return names
}

// completeNames completes the names of workspaces.
func (g *globals) completeNames(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	if err := g.complete(); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	all, err := g.backend().Workspaces(cmd.Context(), false)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return namesOf(all), cobra.ShellCompDirectiveNoFileComp
}
