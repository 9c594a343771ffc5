package v1alpha1

import "k8s.io/apimachinery/pkg/util/validation"

// The labels by which a container is ours, and by nothing else.
const (
	// LabelInstance is the instance's name.
	LabelInstance = "dual.dev/instance"
	// LabelWorkspace is the workspace's metadata.name.
	LabelWorkspace = "dual.dev/workspace"
	// LabelManifests is the absolute directory that the container came from.
	LabelManifests = "dual.dev/manifests"
	// LabelMachine is the id of the machine that the directory is on, and LabelHost its name for people.
	LabelMachine = "dual.dev/machine"
	LabelHost    = "dual.dev/host"
	// LabelSource is the file in that directory, as a slash-separated relative path.
	LabelSource = "dual.dev/source"
	// LabelSpec is the applied spec as canonical JSON, see AppliedSpec.
	LabelSpec = "dual.dev/spec"
)

// AnnotationReconcile with the value ReconcileDisabled pauses the loop for one workspace.
const (
	AnnotationReconcile = "dual.dev/reconcile"
	ReconcileDisabled   = "disabled"
	ReconcileEnabled    = "enabled"
)

// ContainerPrefix and the workspace's name make the container's name.
const ContainerPrefix = "dual-"

// MaxNameLength keeps ContainerPrefix, the name and a suffix of a replacement within a host name's 63 characters.
const MaxNameLength = 53

// SourceTarget is where spec.source is mounted.
const SourceTarget = "/workspace"

// ContainerName is the name of the container of a workspace.
func ContainerName(workspace string) string { return ContainerPrefix + workspace }

// ValidName reports whether a workspace can have this name. What a label, a file or a request says is a name only if it
// is one: names become parts of paths and of other names.
func ValidName(name string) bool {
	return len(name) <= MaxNameLength && len(validation.IsDNS1123Label(name)) == 0
}
