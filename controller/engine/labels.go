package engine

import (
	"maps"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// OwnLabels is what a caller sees of the labels that an engine reports. Anybody can write labels, and the workspace's name
// becomes part of file names: labels whose workspace is no valid name say nothing about whose the container is, so none of
// dual.dev's is passed on. An implementation applies it to containers, volumes and events alike.
func OwnLabels(labels map[string]string) map[string]string {
	if name, labelled := labels[v1alpha1.LabelWorkspace]; !labelled || v1alpha1.ValidName(name) {
		return labels
	}
	foreign := maps.Clone(labels)
	maps.DeleteFunc(foreign, func(label, _ string) bool { return strings.HasPrefix(label, "dual.dev/") })
	return foreign
}
