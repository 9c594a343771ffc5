package plan

import "github.com/dual-dev/dual-reconciler/api/v1alpha1"

// During a replacement the new container waits under the name of the workspace's with nextSuffix, and the old one steps
// aside to oldSuffix. A workspace's name has no dot, so these never collide with another workspace's.
const (
	nextSuffix    = ".next"
	oldSuffix     = ".old"
	volumesSuffix = ".volumes"
)

func finalName(workspace string) string { return v1alpha1.ContainerName(workspace) }
func nextName(workspace string) string  { return finalName(workspace) + nextSuffix }
func oldName(workspace string) string   { return finalName(workspace) + oldSuffix }

// volumesName is that of the container that prepares volumes.
func volumesName(workspace string) string { return finalName(workspace) + volumesSuffix }

// givenByUs reports whether the container's name is one that the controller gives.
func givenByUs(name, workspace string) bool {
	return name == finalName(workspace) || name == nextName(workspace) || name == oldName(workspace) || name == volumesName(workspace)
}
