package print

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// WorkspaceFormats are the values of -o that Workspaces accepts, besides the empty one for the plain table.
var WorkspaceFormats = []string{"wide", "json", "yaml", "name"}

// Workspaces prints workspaces in a format. A single one is a document of its own, and not a list, in JSON and YAML.
func (s Streams) Workspaces(found []v1alpha1.Workspace, format string, single bool) error {
	var doc any = v1alpha1.WorkspaceList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind + "List"},
		Items:    append([]v1alpha1.Workspace{}, found...),
	}
	if single {
		if len(found) == 0 {
			return nil
		}
		doc = found[0]
	}
	switch format {
	case "json":
		return JSON(s.Out, doc)
	case "yaml":
		text, err := yaml.Marshal(doc)
		if err != nil {
			return err
		}
		_, err = s.Out.Write(text)
		return err
	case "name":
		for _, ws := range found {
			fmt.Fprintf(s.Out, "workspace.dual.dev/%s\n", ws.Name)
		}
		return nil
	}
	if len(found) == 0 {
		fmt.Fprintln(s.Err, "no workspaces")
		return nil
	}
	return Table(s.RawOut, found, format == "wide")
}
