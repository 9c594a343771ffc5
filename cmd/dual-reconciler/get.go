package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func getCommand(g *globals) *cobra.Command {
	var output, selector string
	cmd := &cobra.Command{
		Use:     "get [NAME...]",
		Aliases: []string{"list", "ls"},
		Short:   "List workspaces and their state",
		Example: `  dual-reconciler get
  dual-reconciler get shop-feat-auth -o yaml
  dual-reconciler get -l team=web -o wide`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if !slices.Contains([]string{"", "wide", "json", "yaml", "name"}, output) {
				return fmt.Errorf("-o %s: want wide, json, yaml or name", output)
			}
			wanted, err := labels.Parse(selector)
			if err != nil {
				return fmt.Errorf("-l %s: %w", selector, err)
			}
			all, err := g.workspaces(cmd.Context())
			if err != nil {
				return err
			}
			found, err := choose(all, names, wanted)
			if printErr := printWorkspaces(os.Stdout, found, output, len(names) == 1); printErr != nil {
				return printErr
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "wide, json, yaml or name")
	cmd.Flags().StringVarP(&selector, "selector", "l", "", "only workspaces whose labels match, such as team=web")
	return cmd
}

// workspaces are all workspaces, from the engine and the manifests.
func (g *globals) workspaces(ctx context.Context) ([]v1alpha1.Workspace, error) {
	previewed, _, err := g.preview(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.Workspace, 0, len(previewed))
	for _, p := range previewed {
		out = append(out, *p.Workspace)
	}
	return out, nil
}

// choose keeps what was asked for; an unknown name is an error, next to what was found.
func choose(all []v1alpha1.Workspace, names []string, wanted labels.Selector) ([]v1alpha1.Workspace, error) {
	var found []v1alpha1.Workspace
	if len(names) == 0 {
		for _, ws := range all {
			if wanted.Matches(labels.Set(ws.Labels)) {
				found = append(found, ws)
			}
		}
		return found, nil
	}
	var unknown error
	for _, name := range names {
		i := slices.IndexFunc(all, func(ws v1alpha1.Workspace) bool { return ws.Name == name })
		switch {
		case i < 0:
			unknown = exitError{1, fmt.Errorf("workspace %q not found", name)}
		case wanted.Matches(labels.Set(all[i].Labels)):
			found = append(found, all[i])
		}
	}
	return found, unknown
}

func printWorkspaces(out io.Writer, found []v1alpha1.Workspace, format string, single bool) error {
	var doc any = v1alpha1.WorkspaceList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind + "List"},
		Items:    append([]v1alpha1.Workspace{}, found...),
	}
	if single && len(found) == 1 {
		doc = found[0]
	}
	switch format {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(doc)
	case "yaml":
		text, err := yaml.Marshal(doc)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case "name":
		for _, ws := range found {
			fmt.Fprintf(out, "workspace.dual.dev/%s\n", ws.Name)
		}
		return nil
	}
	return printTable(out, found, format == "wide")
}

func printTable(out io.Writer, found []v1alpha1.Workspace, wide bool) error {
	if len(found) == 0 {
		fmt.Fprintln(os.Stderr, "no workspaces")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	header := "NAME\tREADY\tSTATUS\tRESTARTS\tAGE\tIMAGE\tIP"
	if wide {
		header += "\tCONTAINER\tMANIFEST\tMESSAGE"
	}
	fmt.Fprintln(w, header)
	for _, ws := range found {
		row := workspaceRow(ws)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s", ws.Name, row.ready, row.reason, ws.Status.Restarts, row.age, ws.Spec.Image, orNone(ws.Status.IP))
		if wide {
			fmt.Fprintf(w, "\t%.12s\t%s\t%s", orNone(ws.Status.ContainerID), orNone(ws.Status.Manifest), firstLine(row.message))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

type row struct{ ready, reason, message, age string }

func workspaceRow(ws v1alpha1.Workspace) row {
	r := row{ready: "Unknown", age: "<none>"}
	if c := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		r.ready, r.reason, r.message = string(c.Status), c.Reason, c.Message
	}
	if at := ws.Status.CreatedAt; at != nil {
		r.age = duration.HumanDuration(time.Since(at.Time))
	}
	return r
}

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
