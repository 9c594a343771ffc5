package v1alpha1

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WorkspaceStatus is what the controller observed, in the terms of kstatus
// (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus).
type WorkspaceStatus struct {
	// conditions: Ready always; Reconciling and Stalled only while true.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// restartCount is how often the controller started a container of this workspace again.
	// +optional
	RestartCount int32 `json:"restartCount,omitempty"`
	// containerID of the container in force.
	// +optional
	ContainerID string `json:"containerID,omitempty"`
	// imageID that the container runs.
	// +optional
	ImageID string `json:"imageID,omitempty"`
	// ip on the workspace's network; empty with network none.
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
	// gitDirectory is the repository's directory that is mounted because source is a linked git work tree.
	// +optional
	GitDirectory string `json:"gitDirectory,omitempty"`
	// manifest is the place of the current manifest.
	// +optional
	Manifest ManifestPosition `json:"manifest,omitzero"`
	// revision is the git commit of the manifest in force.
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
	// dirty says that the manifest's file differs from the commit.
	// +optional
	Dirty bool `json:"dirty,omitempty"`
}

// The condition types.
const (
	ConditionReady       = "Ready"
	ConditionReconciling = "Reconciling"
	ConditionStalled     = "Stalled"
	// ConditionImageOutdated: the image's reference means another image than the one that the container was created from.
	ConditionImageOutdated = "ImageOutdated"
	// ConditionStateNotSaved: what is remembered of the workspace is not on the disk, and lost when the controller ends.
	ConditionStateNotSaved = "StateNotSaved"
	// ConditionSourceReplaced: the source of a bind is another file or directory than when the container started, or is gone.
	ConditionSourceReplaced = "SourceReplaced"
)

// ConditionGitDirectoryNotMounted: source is a linked git work tree or a submodule, and the repository's directory is not mounted.
const ConditionGitDirectoryNotMounted = "GitDirectoryNotMounted"

// The reasons of conditions.
const (
	ReasonRunning           = "Running"
	ReasonStopped           = "Stopped"
	ReasonCompleted         = "Completed"
	ReasonExited            = "Exited"
	ReasonPending           = "Pending"
	ReasonCreating          = "Creating"
	ReasonStarting          = "Starting"
	ReasonStopping          = "Stopping"
	ReasonReplacing         = "Replacing"
	ReasonUpdating          = "Updating"
	ReasonRemoving          = "Removing"
	ReasonPulling           = "Pulling"
	ReasonSettingUp         = "SettingUp"
	ReasonImagePullFailed   = "ImagePullFailed"
	ReasonCreateFailed      = "CreateFailed"
	ReasonStartFailed       = "StartFailed"
	ReasonStopFailed        = "StopFailed"
	ReasonUpdateFailed      = "UpdateFailed"
	ReasonRemoveFailed      = "RemoveFailed"
	ReasonSetupFailed       = "SetupFailed"
	ReasonCrashLoopBackOff  = "CrashLoopBackOff"
	ReasonUnhealthy         = "Unhealthy"
	ReasonInvalidManifest   = "InvalidManifest"
	ReasonDuplicateName     = "DuplicateName"
	ReasonNameConflict      = "NameConflict"
	ReasonSourceNotFound    = "SourceNotFound"
	ReasonHeld              = "Held"
	ReasonPaused            = "Paused"
	ReasonApproved          = "Approved"
	ReasonEngineUnavailable = "EngineUnavailable"
	ReasonWriteFailed       = "WriteFailed"
	ReasonImageChanged      = "ImageChanged"
	ReasonSourceReplaced    = "SourceReplaced"
)
