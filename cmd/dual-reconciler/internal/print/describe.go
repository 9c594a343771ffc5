package print

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Description prints all that is known of a workspace, with its recent events.
func (s Streams) Description(ws v1alpha1.Workspace, events []status.Event) error {
	w := tabwriter.NewWriter(s.Out, 0, 8, gap, ' ', 0)
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s:\t%s\n", name, value)
		}
	}
	st := ws.Status
	field("Name", ws.Name)
	field("Labels", labels.Set(ws.Labels).String())
	field("Manifest", st.Manifest.String())
	if st.Revision != nil {
		field("Revision", st.Revision.String())
	}
	field("Container", st.ContainerID)
	field("Image ID", st.ImageID)
	field("IP", st.IP)
	field("Git directory", st.GitDirectory)
	if st.CreationTime != nil {
		field("Created", ago(st.CreationTime.Time))
	}
	if st.StartTime != nil {
		field("Started", ago(st.StartTime.Time))
	}
	field("Restarts", fmt.Sprint(st.RestartCount))
	if st.NextRetryTime != nil {
		field("Next try", st.NextRetryTime.Local().Format(time.DateTime))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.Out, "Conditions:")
	for _, c := range st.Conditions {
		fmt.Fprintf(s.Out, "  %s=%s  %s  since %s\n    %s\n",
			c.Type, c.Status, c.Reason, ago(c.LastTransitionTime.Time), indent(c.Message, 4))
	}
	spec, err := yaml.Marshal(ws.Spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Spec:\n  %s\n", indent(strings.TrimSpace(string(spec)), 2))
	fmt.Fprintln(s.Out, "Events:")
	if len(events) == 0 {
		fmt.Fprintln(s.Out, "  <none>")
	}
	for _, e := range events {
		fmt.Fprintf(s.Out, "  %s  %s  %s\n    %s\n", lastSeen(e), e.Type, e.Reason, indent(e.Message, 4))
	}
	return nil
}

func indent(s string, by int) string {
	return strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", by))
}

func ago(t time.Time) string {
	return fmt.Sprintf("%s (%s ago)", t.Local().Format(time.DateTime), duration.HumanDuration(time.Since(t)))
}
