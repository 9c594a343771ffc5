package print

import (
	"fmt"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
)

// Diff is what a reconcile of all workspaces would do now. Its lists are empty, not null, so that scripts can iterate
// over them.
type Diff struct {
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

// NewDiff collects the actions of plans that have steps.
func NewDiff(previewed []controller.Previewed, s *manifest.Snapshot) Diff {
	d := Diff{
		Workspaces: []diffWorkspace{},
		Problems:   append([]manifest.Problem{}, s.Problems...), Holds: append([]manifest.Hold{}, s.Holds...),
	}
	for _, w := range previewed {
		verdict := w.Plan.Verdict
		out := diffWorkspace{
			Name: w.Plan.Name, Ready: verdict.Ready, Reason: verdict.Reason, Message: verdict.Message.In(time.Local),
			Actions: []diffAction{},
		}
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
		d.Workspaces = append(d.Workspaces, out)
	}
	return d
}

// ExitCode is 2 if manifests are broken, 1 if there is something to do, and else 0.
func (d Diff) ExitCode(previewed []controller.Previewed) int {
	switch {
	case slices.ContainsFunc(d.Problems, func(p manifest.Problem) bool { return !p.Note() }):
		return 2
	case slices.ContainsFunc(previewed, func(w controller.Previewed) bool {
		// A removal that is held is something to do.
		return w.Plan.Mutates() || w.Plan.Verdict.Reason == v1alpha1.ReasonHeld
	}):
		return 1
	}
	return 0
}

// Diff prints a diff in a format: json, or empty for text.
func (s Streams) Diff(d Diff, format string) error {
	if format == "json" {
		return JSON(s.Out, d)
	}
	for _, w := range d.Workspaces {
		for _, a := range w.Actions {
			fmt.Fprintf(s.Out, "%s %s: %s\n", a.Action, w.Name, a.Cause)
			for _, step := range a.Steps {
				fmt.Fprintf(s.Out, "  %s\n", step)
			}
		}
		if len(w.Actions) == 0 && !w.Ready {
			fmt.Fprintf(s.Err, "%s: %s: %s\n", w.Name, w.Reason, w.Message)
		}
	}
	for _, p := range d.Problems {
		fmt.Fprintln(s.Err, p.Error())
	}
	for _, h := range d.Holds {
		fmt.Fprintln(s.Err, h.Message)
	}
	return nil
}
