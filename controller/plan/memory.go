package plan

import "time"

// Memory is what the engine cannot tell about a workspace. It is kept over restarts of the controller; without it the
// workspace is still converged, only backoff and counters are forgotten, and a setup that succeeded is run once more.
type Memory struct {
	// ContainerID of the container in force.
	ContainerID string `json:"containerID,omitempty"`
	// Applied is the spec in force in that container as canonical JSON. It is newer than the container's label after a
	// change in place.
	Applied string `json:"applied,omitempty"`
	// LimitsOf is the container whose limits were last seen to be as recorded. No list shows limits, so that until then an
	// inspection has to tell them, also after a crash before a cure.
	LimitsOf string `json:"limitsOf,omitempty"`
	// Adopted are containers that came from elsewhere and that a person took over.
	Adopted *Adoption `json:"adopted,omitempty"`
	// Paused says that the last readable manifest paused the workspace.
	Paused bool `json:"paused,omitempty"`
	// SetupDue is the container whose setup has not succeeded yet.
	SetupDue string `json:"setupDue,omitempty"`
	// Reclaim are volumes that go once the containers are gone.
	Reclaim []string `json:"reclaim,omitempty"`
	// Restarts counts starts after an exit, a failed probe or a person's request.
	Restarts int32 `json:"restarts,omitempty"`
	// Crash backs off the restarts.
	Crash Backoff `json:"crash,omitzero"`
	// Exit is the last exit seen.
	Exit Exit `json:"exit,omitzero"`
	// Unhealthy is set when the liveness probe failed for good, until the container is restarted.
	Unhealthy *Unhealthy `json:"unhealthy,omitempty"`
	// RestartRequest is a person's request to restart now; it is cleared by the restart.
	RestartRequest string `json:"restartRequest,omitempty"`
	// Recreate is a person's request to replace the container now; it is cleared when another container is current.
	Recreate *RecreateRequest `json:"recreate,omitempty"`
	// RemoveRequest is a person's request to remove a workspace that no manifest asks for, whatever holds its removal.
	RemoveRequest string `json:"removeRequest,omitempty"`
	// Sources of binds that the container in force was started with.
	Sources *Sources `json:"sources,omitempty"`
	// SourcesTried are the identities of sources, by target, that a container was last restarted or replaced for.
	SourcesTried map[string]string `json:"sourcesTried,omitempty"`
	// Git is what the last container had for a source that is a linked work tree.
	Git *GitRecord `json:"git,omitempty"`
	// Carried are the actions that succeeded since a plan last had nothing to do, by kind.
	Carried map[Kind]string `json:"carried,omitempty"`
	// HostPaths are those outside of the manifest's own work tree that the workspace was given; Approved those that a person let
	// through and that no pass has seen yet; Unapproved those that waited for that in the last pass.
	HostPaths  []HostPath `json:"hostPaths,omitempty"`
	Approved   []HostPath `json:"approved,omitempty"`
	Unapproved []HostPath `json:"unapproved,omitempty"`
	// Writes are the host paths that the container in force can write.
	Writes []string `json:"writes,omitempty"`
	// Failures of actions, by kind.
	Failures map[Kind]Backoff `json:"failures,omitempty"`
}

// Adoption is what a person let a directory of manifests take over. The containers' labels still name where they came from.
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
