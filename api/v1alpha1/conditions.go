package v1alpha1

// The condition types. ImageOutdated, SourceReplaced, GitDirectoryNotMounted and StateNotSaved are present only while
// true.
const (
	// ConditionReady is always present: whether the workspace is as its newest manifest asks.
	ConditionReady = "Ready"
	// ConditionReconciling is present while the controller changes the workspace.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present if the workspace does not become ready without a change outside, or backs off.
	ConditionStalled = "Stalled"
	// ConditionImageOutdated: the image's reference now means another image than the one that the container was created
	// from.
	ConditionImageOutdated = "ImageOutdated"
	// ConditionStateNotSaved: the controller could not write the workspace's state to the disk. It is lost if the
	// controller ends.
	ConditionStateNotSaved = "StateNotSaved"
	// ConditionSourceReplaced: the source of a bind is another file or directory than when the container started, or is
	// gone.
	ConditionSourceReplaced = "SourceReplaced"
	// ConditionGitDirectoryNotMounted: source is a linked git work tree or a submodule, and the repository's directory is
	// not mounted.
	ConditionGitDirectoryNotMounted = "GitDirectoryNotMounted"
)

// The reasons of Ready=True.
const (
	// ReasonRunning: the container runs.
	ReasonRunning = "Running"
	// ReasonStopped: the container does not run, as spec.state asks.
	ReasonStopped = "Stopped"
	// ReasonCompleted: the container ended with exit code 0, and spec.restartPolicy lets it rest.
	ReasonCompleted = "Completed"
)

// The reasons of an action that is under way.
const (
	// ReasonPending: the controller has not started on the newest manifest yet.
	ReasonPending = "Pending"
	// ReasonCreating: the container is being created.
	ReasonCreating = "Creating"
	// ReasonStarting: the container is being started.
	ReasonStarting = "Starting"
	// ReasonStopping: the container is being stopped.
	ReasonStopping = "Stopping"
	// ReasonReplacing: a new container takes the place of the previous one.
	ReasonReplacing = "Replacing"
	// ReasonUpdating: the running container is being changed in place.
	ReasonUpdating = "Updating"
	// ReasonRemoving: the containers are being removed.
	ReasonRemoving = "Removing"
	// ReasonPulling: the image is being pulled.
	ReasonPulling = "Pulling"
	// ReasonSettingUp: spec.setup runs.
	ReasonSettingUp = "SettingUp"
)

// The reasons of a failure. The controller tries again with backoff, unless the comment says otherwise.
const (
	// ReasonImagePullFailed: the image could not be pulled.
	ReasonImagePullFailed = "ImagePullFailed"
	// ReasonCreateFailed: the engine refused to create the container.
	ReasonCreateFailed = "CreateFailed"
	// ReasonStartFailed: the container did not start, or ended at once.
	ReasonStartFailed = "StartFailed"
	// ReasonStopFailed: the container could not be stopped.
	ReasonStopFailed = "StopFailed"
	// ReasonUpdateFailed: the engine refused a change in place.
	ReasonUpdateFailed = "UpdateFailed"
	// ReasonRemoveFailed: a container or volume could not be removed.
	ReasonRemoveFailed = "RemoveFailed"
	// ReasonSetupFailed: spec.setup failed or timed out.
	ReasonSetupFailed = "SetupFailed"
	// ReasonCrashLoopBackOff: the container keeps exiting; the next restart waits.
	ReasonCrashLoopBackOff = "CrashLoopBackOff"
	// ReasonUnhealthy: the liveness probe failed too often; the container will be restarted.
	ReasonUnhealthy = "Unhealthy"
	// ReasonExited: the container ended and spec.restartPolicy is Never. It is not started again.
	ReasonExited = "Exited"
	// ReasonSourceNotFound: a path of the host that the workspace mounts does not exist.
	ReasonSourceNotFound = "SourceNotFound"
	// ReasonEngineUnavailable: the engine does not answer.
	ReasonEngineUnavailable = "EngineUnavailable"
)

// The reasons of a workspace that waits for a user.
const (
	// ReasonInvalidManifest: the manifest has a fault. The last readable one stays in effect.
	ReasonInvalidManifest = "InvalidManifest"
	// ReasonDuplicateName: several documents define a workspace of this name.
	ReasonDuplicateName = "DuplicateName"
	// ReasonNameConflict: a container that the instance does not own has the container's name.
	ReasonNameConflict = "NameConflict"
	// ReasonHeld: an action that could destroy something waits, such as a removal while it is unclear whether the manifest
	// is gone, or a host path that must be approved.
	ReasonHeld = "Held"
	// ReasonPaused: the annotation dual.dev/reconcile is disabled.
	ReasonPaused = "Paused"
)

// The reasons of events and of the further conditions.
const (
	// ReasonApproved: a user approved host paths.
	ReasonApproved = "Approved"
	// ReasonWriteFailed: a state file could not be written (StateNotSaved).
	ReasonWriteFailed = "WriteFailed"
	// ReasonImageChanged: the image's reference now means another image (ImageOutdated).
	ReasonImageChanged = "ImageChanged"
	// ReasonSourceReplaced: a source was replaced (SourceReplaced), and the container will be restarted if it is a reason
	// of Ready.
	ReasonSourceReplaced = "SourceReplaced"
)
