package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

func diffCommand(g *globals) *cobra.Command {
	var output string
	var f loopFlags
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what a pass would do, and why",
		Long: `Show what a pass over all workspaces would do now, and why. Nothing is changed.

Exit code: 0 when there is nothing to do, 1 when there is something, a removal that is held included, 2 on an error,
broken manifests included.`,
		Example: `  dual-reconciler diff
  git switch feature && dual-reconciler diff -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return exitError{2, fmt.Errorf("-o %s: want json", output)}
			}
			previewed, snapshot, err := g.preview(cmd.Context(), f)
			if err != nil {
				return exitError{2, err}
			}
			return showDiff(previewed, snapshot, output == "json")
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines")
	cmd.Flags().BoolVar(&f.takeover, "takeover", false, takeoverUsage)
	f.registerAllowEmpty(cmd)
	return cmd
}

// diffDocument is the answer for machines.
type diffDocument struct {
	Workspaces []diffWorkspace    `json:"workspaces"`
	Problems   []manifest.Problem `json:"problems"`
	Holds      []manifest.Hold    `json:"holds"`
}

type diffWorkspace struct {
	Name    string       `json:"name"`
	Ready   bool         `json:"ready"`
	Reason  string       `json:"reason"`
	Message string       `json:"message"`
	Actions []diffAction `json:"actions"`
}

type diffAction struct {
	Action string   `json:"action"`
	Cause  string   `json:"cause"`
	Steps  []string `json:"steps"`
}

func showDiff(previewed []controller.Previewed, s *manifest.Snapshot, asJSON bool) error {
	changes := false
	// Lists, and not null, where there are none: scripts iterate over them.
	doc := diffDocument{
		Workspaces: []diffWorkspace{}, Problems: append([]manifest.Problem{}, s.Problems...), Holds: append([]manifest.Hold{}, s.Holds...),
	}
	for _, w := range previewed {
		verdict := w.Plan.Verdict
		// A removal that waits is something to do.
		changes = changes || w.Plan.Mutates() || verdict.Reason == v1alpha1.ReasonHeld
		out := diffWorkspace{Name: w.Plan.Name, Ready: verdict.Ready, Reason: verdict.Reason, Message: verdict.Message, Actions: []diffAction{}}
		for _, a := range w.Plan.Actions {
			if len(a.Steps) == 0 {
				continue
			}
			action := diffAction{Action: string(a.Kind), Cause: a.Cause}
			for _, step := range a.Steps {
				action.Steps = append(action.Steps, step.String())
			}
			out.Actions = append(out.Actions, action)
		}
		doc.Workspaces = append(doc.Workspaces, out)
	}
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(doc); err != nil {
			return exitError{2, err}
		}
	} else {
		printDiff(doc)
	}
	switch {
	case slices.ContainsFunc(s.Problems, func(p manifest.Problem) bool { return !p.Note() }):
		return exitError{code: 2}
	case changes:
		return exitError{code: 1}
	}
	return nil
}

func printDiff(doc diffDocument) {
	for _, w := range doc.Workspaces {
		for _, a := range w.Actions {
			fmt.Fprintf(stdout, "%s %s: %s\n", a.Action, w.Name, a.Cause)
			for _, step := range a.Steps {
				fmt.Fprintf(stdout, "  %s\n", step)
			}
		}
		if len(w.Actions) == 0 && !w.Ready {
			fmt.Fprintf(stderr, "%s: %s: %s\n", w.Name, w.Reason, w.Message)
		}
	}
	for _, p := range doc.Problems {
		fmt.Fprintln(stderr, p.Error.Error())
	}
	for _, h := range doc.Holds {
		fmt.Fprintln(stderr, h.Message)
	}
}
