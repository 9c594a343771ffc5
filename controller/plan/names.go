package plan

import "github.com/dual-dev/dual-reconciler/api/v1alpha1"

// During a replacement the new container has the workspace's container name with nextSuffix until it takes the name,
// and the previous one oldSuffix after it gave the name up. A workspace's name has no dot, so these never collide
// with another workspace's.
const (
	nextSuffix    = ".next"
	oldSuffix     = ".old"
	volumesSuffix = ".volumes"
)

func finalName(workspace string) string { return v1alpha1.ContainerName(workspace) }
func nextName(workspace string) string  { return finalName(workspace) + nextSuffix }
func oldName(workspace string) string   { return finalName(workspace) + oldSuffix }

// volumesName is the name of the container that prepares volumes.
func volumesName(workspace string) string { return finalName(workspace) + volumesSuffix }

// isGivenName reports whether a container's name is one that the controller gives to the workspace's containers.
func isGivenName(name, workspace string) bool {
	return name == finalName(workspace) || name == nextName(workspace) || name == oldName(workspace) ||
		name == volumesName(workspace)
}
