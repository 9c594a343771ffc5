package print

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Events prints a list of events in a format: json, or empty for a table.
func (s Streams) Events(list []status.Event, format string) error {
	if format == "json" {
		return JSON(s.Out, status.EventList{
			TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: "EventList"}, Items: list,
		})
	}
	if len(list) == 0 {
		fmt.Fprintln(s.Err, "no events")
		return nil
	}
	w := tabwriter.NewWriter(s.Out, 0, 8, gap, ' ', 0)
	fmt.Fprintln(w, "LAST SEEN\tTYPE\tREASON\tWORKSPACE\tMESSAGE")
	for _, e := range list {
		fmt.Fprintln(w, strings.Join(eventCells(e), "\t"))
	}
	return w.Flush()
}

// Event prints one event as a line, in a format as for Events.
func (s Streams) Event(e status.Event, format string) {
	if format == "json" {
		_ = json.NewEncoder(s.Out).Encode(e)
		return
	}
	c := eventCells(e)
	fmt.Fprintf(s.Out, "%s  %-7s  %-16s  %-20s  %s\n",
		e.LastTimestamp.Local().Format("15:04:05"), c[1], c[2], c[3], c[4])
}

func eventCells(e status.Event) []string {
	return escaped([]string{lastSeen(e), e.Type, e.Reason, orNone(e.Workspace), FirstLine(e.Message)})
}

// lastSeen is when an event was seen last and how often, as kubectl writes it.
func lastSeen(e status.Event) string {
	last := duration.HumanDuration(time.Since(e.LastTimestamp.Time))
	if e.Count <= 1 {
		return last
	}
	return fmt.Sprintf("%s (x%d over %s)", last, e.Count, duration.HumanDuration(time.Since(e.FirstTimestamp.Time)))
}
