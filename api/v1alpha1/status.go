package v1alpha1

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WorkspaceStatus is what the controller observed, in the terms of kstatus
// (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus). It has no observedGeneration, since no API
// server counts generations of a file: Ready is about the newest manifest, with the reason Pending until the controller
// has acted on it.
type WorkspaceStatus struct {
	// conditions: Ready always; Reconciling and Stalled only while true.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// restartCount is how often the controller started a container of this workspace again.
	// +optional
	RestartCount int32 `json:"restartCount,omitempty"`
	// containerID is the engine's ID of the current container.
	// +optional
	ContainerID string `json:"containerID,omitempty"`
	// imageID is the ID of the image that the current container was created from.
	// +optional
	ImageID string `json:"imageID,omitempty"`
	// ip is the address on the workspace's network; empty with network none, and while the container does not run.
	// +optional
	IP string `json:"ip,omitempty"`
	// creationTime is when the current container was created.
	// +optional
	CreationTime *metav1.Time `json:"creationTime,omitempty"`
	// startTime is when the current container was last started.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// nextRetryTime is when the controller tries again; set only while it backs off.
	// +optional
	NextRetryTime *metav1.Time `json:"nextRetryTime,omitempty"`
	// gitDirectory is the path of the repository's directory on the host, if it is mounted because source is a linked git
	// work tree.
	// +optional
	GitDirectory string `json:"gitDirectory,omitempty"`
	// manifest is the place of the current manifest.
	// +optional
	Manifest ManifestPosition `json:"manifest,omitzero"`
	// revision is the git commit of the current manifest; absent if it is in no repository.
	// +optional
	Revision *Revision `json:"revision,omitempty"`
}

// ManifestPosition is the place of a document in the directory of manifests.
type ManifestPosition struct {
	// file is a slash-separated path, relative to the directory of manifests.
	File string `json:"file"`
	// line on which the document starts, from 1.
	// +optional
	Line int32 `json:"line,omitempty"`
}

// String returns file:line; it is empty for the zero value.
func (p ManifestPosition) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Revision is a point in a git history.
type Revision struct {
	// branch is empty on a detached HEAD.
	// +optional
	Branch string `json:"branch,omitempty"`
	// commit is the full object name.
	Commit string `json:"commit"`
	// dirty is true if the manifest's file differs from the commit.
	// +optional
	Dirty bool `json:"dirty,omitempty"`
}
