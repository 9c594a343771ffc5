package plan

import "github.com/dual-dev/dual-reconciler/api/v1alpha1"

// labels completes the labels of a new object by whose it is.
func (in Input) labels(labels map[string]string) map[string]string {
	labels[v1alpha1.LabelInstance] = in.Instance
	labels[v1alpha1.LabelWorkspace] = in.Name
	labels[v1alpha1.LabelManifests] = in.Directory
	if in.Machine != "" {
		labels[v1alpha1.LabelMachine], labels[v1alpha1.LabelHost] = in.Machine, in.Host
	}
	return labels
}
