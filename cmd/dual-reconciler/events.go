package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func eventsCommand(g *globals) *cobra.Command {
	var watch bool
	var output string
	cmd := &cobra.Command{
		Use:   "events [NAME]",
		Short: "Show what was done and why, newest last",
		Long: `Show what the controller did and found, and why, newest last. Repeats are counted, not listed.

Events are kept over restarts of the controller; without a running one the kept events are shown.`,
		Example: `  dual-reconciler events
  dual-reconciler events shop-feat-auth -w`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("-o %s: want json", output)
			}
			workspace := strings.Join(args, "")
			if watch {
				return g.eventsWatch(cmd, workspace, output == "json")
			}
			list, err := g.events(cmd.Context(), workspace)
			if err != nil {
				return err
			}
			return printEvents(list, output == "json")
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on with new events")
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines; with -w a line an event")
	return cmd
}

func printEvents(list []v1alpha1.Event, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(v1alpha1.EventList{
			TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: "EventList"}, Items: list,
		})
	}
	if len(list) == 0 {
		fmt.Fprintln(stderr, "no events")
		return nil
	}
	w := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LAST SEEN\tTYPE\tREASON\tWORKSPACE\tMESSAGE")
	for _, e := range list {
		fmt.Fprintln(w, strings.Join(eventCells(e), "\t"))
	}
	return w.Flush()
}

func eventCells(e v1alpha1.Event) []string {
	return printed([]string{seen(e), e.Type, e.Reason, orNone(e.Workspace), firstLine(e.Message)})
}

// eventsWatch prints events until it is interrupted, which is no error.
func (g *globals) eventsWatch(cmd *cobra.Command, workspace string, asJSON bool) error {
	client, ok := g.running()
	if !ok {
		return errors.New("no controller runs that could tell of new events: start one with dual-reconciler run")
	}
	enc := json.NewEncoder(stdout)
	err := client.WatchEvents(cmd.Context(), workspace, func(e v1alpha1.Event) {
		if asJSON {
			_ = enc.Encode(e)
			return
		}
		c := eventCells(e)
		fmt.Fprintf(stdout, "%s  %-7s  %-16s  %-20s  %s\n", e.LastTimestamp.Local().Format("15:04:05"), c[1], c[2], c[3], c[4])
	})
	if cmd.Context().Err() != nil {
		return nil
	}
	return err
}
