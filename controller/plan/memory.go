package plan

import "time"

// Memory is what the engine does not know about a workspace. It is persisted over restarts of the controller. Without
// it the workspace is still converged: only backoff and counters are lost, and a setup that succeeded is run once
// more.
type Memory struct {
	// ContainerID of the current container.
	ContainerID string `json:"containerID,omitempty"`
	// Applied is the last-applied spec of that container as canonical JSON. It is newer than the container's label
	// after a change in place.
	Applied string `json:"applied,omitempty"`
	// LimitsOf is the container whose limits were as recorded when they were last inspected. No list shows limits, so
	// any other container is inspected, also after a crash before a repair.
	LimitsOf string `json:"limitsOf,omitempty"`
	// Adopted are containers that came from elsewhere and that a user adopted.
	Adopted *Adoption `json:"adopted,omitempty"`
	// Paused is set if the last readable manifest paused the workspace.
	Paused bool `json:"paused,omitempty"`
	// PendingSetup is the container whose setup has not succeeded yet.
	PendingSetup string `json:"setupDue,omitempty"`
	// Reclaim are volumes to remove once the containers are gone.
	Reclaim []string `json:"reclaim,omitempty"`
	// Restarts counts starts after an exit, a failed probe or a user's request.
	Restarts int32 `json:"restarts,omitempty"`
	// Crash backs off the restarts.
	Crash Backoff `json:"crash,omitzero"`
	// Exit is the last exit seen.
	Exit Exit `json:"exit,omitzero"`
	// Unhealthy is set when the liveness probe failed for good, until the container is restarted.
	Unhealthy *Unhealthy `json:"unhealthy,omitempty"`
	// RestartRequest is a user's request to restart now; it is cleared by the restart.
	RestartRequest string `json:"restartRequest,omitempty"`
	// Recreate is a user's request to replace the container now; it is cleared when another container is current.
	Recreate *RecreateRequest `json:"recreate,omitempty"`
	// RemoveRequest is a user's request to remove a workspace that no manifest asks for, even if removals are held.
	RemoveRequest string `json:"removeRequest,omitempty"`
	// Sources of binds that the current container was started with.
	Sources *Sources `json:"sources,omitempty"`
	// SourcesTried are the identities of sources, by target, that a container was last restarted or replaced for.
	SourcesTried map[string]string `json:"sourcesTried,omitempty"`
	// Git is what the last container had for a source that is a linked work tree.
	Git *GitRecord `json:"git,omitempty"`
	// Carried are the actions that succeeded since a plan last had nothing to do, by kind.
	Carried map[Kind]string `json:"carried,omitempty"`
	// HostPaths are those outside of the manifest's own work tree that the workspace was given; Approved those that a
	// user approved and that no reconcile has used yet; Unapproved those that waited for approval in the last
	// reconcile.
	HostPaths  []HostPath `json:"hostPaths,omitempty"`
	Approved   []HostPath `json:"approved,omitempty"`
	Unapproved []HostPath `json:"unapproved,omitempty"`
	// Writes are the host paths that the current container can write.
	Writes []string `json:"writes,omitempty"`
	// Failures of actions, by kind.
	Failures map[Kind]Backoff `json:"failures,omitempty"`
}

// Adoption is what a user let a directory of manifests adopt. The containers' labels still name where they came from.
type Adoption struct {
	Directory  string   `json:"directory"`
	Machine    string   `json:"machine,omitempty"`
	Containers []string `json:"containers"`
}

// Exit is one end of a container's main process, seen by the controller.
type Exit struct {
	ContainerID string `json:"containerID,omitempty"`
	// FinishedAt by the engine's clock: it identifies the exit.
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	// SeenAt by the controller's clock: delays count from it, so that a skew between the clocks does not matter.
	SeenAt time.Time `json:"seenAt,omitzero"`
	// Ran is how long the process ran.
	Ran time.Duration `json:"ran,omitempty"`
}

// Unhealthy is a liveness probe that failed failureThreshold times in a row.
type Unhealthy struct {
	ContainerID string `json:"containerID"`
	// Message has the probe's exit code and output.
	Message string    `json:"message"`
	SeenAt  time.Time `json:"seenAt,omitzero"`
}
