package plan

import (
	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// CurrentOf returns the current container of a workspace, or nil, with the spec that it records, for callers that know
// neither the manifests nor the workspace's memory. The containers are those of the instance.
func CurrentOf(instance, workspace string, containers []engine.Container) (*engine.Container, specdiff.LastApplied) {
	in := Input{Instance: instance, Name: workspace}
	for _, c := range containers {
		if c.Labels[v1alpha1.LabelWorkspace] == workspace {
			in.Containers = append(in.Containers, c)
		}
	}
	return Current(in)
}
