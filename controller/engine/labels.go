package engine

import (
	"maps"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// OwnLabels filters the labels that an engine reports. Any program can write labels, and the workspace's name becomes part of file
// names: if it is not valid, all labels of dual.dev are dropped, so that the container is not owned. Implementations apply it to
// containers, volumes and events.
func OwnLabels(labels map[string]string) map[string]string {
	if name, labelled := labels[v1alpha1.LabelWorkspace]; !labelled || v1alpha1.ValidName(name) {
		return labels
	}
	foreign := maps.Clone(labels)
	maps.DeleteFunc(foreign, func(label, _ string) bool { return strings.HasPrefix(label, "dual.dev/") })
	return foreign
}
