package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func describeCommand(g *globals) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "describe NAME...",
		Short: "Show a workspace's spec, status, conditions and recent events",
		Example: `  dual-reconciler describe shop-feat-auth
  dual-reconciler describe shop-feat-auth --show-secrets`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			all, err := g.workspaces(cmd.Context(), secrets)
			if err != nil {
				return err
			}
			found, unknown := choose(all, names, labels.Everything())
			for i, ws := range found {
				if i > 0 {
					fmt.Fprintln(stdout)
				}
				events, err := g.events(cmd.Context(), ws.Name)
				if err != nil {
					return err
				}
				if err := printDescription(stdout, ws, events); err != nil {
					return err
				}
			}
			return unknown
		},
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "show the values of env, args, setup, and of commands")
	return cmd
}

func printDescription(out io.Writer, ws v1alpha1.Workspace, events []v1alpha1.Event) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s:\t%s\n", name, value)
		}
	}
	st := ws.Status
	field("Name", ws.Name)
	field("Labels", labels.Set(ws.Labels).String())
	field("Manifest", st.Manifest)
	if st.Revision != nil {
		field("Revision", st.Revision.String())
	}
	field("Container", st.ContainerID)
	field("Image ID", st.ImageID)
	field("IP", st.IP)
	field("Git directory", st.GitDirectory)
	if st.CreatedAt != nil {
		field("Created", ago(st.CreatedAt.Time))
	}
	if st.StartedAt != nil {
		field("Started", ago(st.StartedAt.Time))
	}
	field("Restarts", fmt.Sprint(st.Restarts))
	if st.NextTry != nil {
		field("Next try", st.NextTry.Local().Format(time.DateTime))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "Conditions:")
	for _, c := range st.Conditions {
		fmt.Fprintf(out, "  %s=%s  %s  since %s\n    %s\n", c.Type, c.Status, c.Reason, ago(c.LastTransitionTime.Time), indent(c.Message, 4))
	}
	spec, err := yaml.Marshal(ws.Spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Spec:\n  %s\n", indent(strings.TrimSpace(string(spec)), 2))
	fmt.Fprintln(out, "Events:")
	if len(events) == 0 {
		fmt.Fprintln(out, "  <none>")
	}
	for _, e := range events {
		fmt.Fprintf(out, "  %s  %s  %s\n    %s\n", seen(e), e.Type, e.Reason, indent(e.Message, 4))
	}
	return nil
}

func indent(s string, by int) string {
	return strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", by))
}

func ago(t time.Time) string {
	return fmt.Sprintf("%s (%s ago)", t.Local().Format(time.DateTime), duration.HumanDuration(time.Since(t)))
}

// seen is when and how often an event was seen, as kubectl writes it.
func seen(e v1alpha1.Event) string {
	last := duration.HumanDuration(time.Since(e.LastTimestamp.Time))
	if e.Count <= 1 {
		return last
	}
	return fmt.Sprintf("%s (x%d over %s)", last, e.Count, duration.HumanDuration(time.Since(e.FirstTimestamp.Time)))
}
