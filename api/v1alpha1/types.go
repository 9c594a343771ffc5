package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workspace is one developer workspace: one container, one network namespace, one machine.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Restarts",type=integer,JSONPath=`.status.restartCount`
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.spec.image`
type Workspace struct {
	metav1.TypeMeta `json:",inline"`
	// metadata carries the name (a DNS-1123 label of at most 53 characters, unique in the instance), labels and annotations.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the workspace should be.
	Spec WorkspaceSpec `json:"spec"`
	// status is what the controller observed. It is never read from a manifest.
	// +optional
	Status WorkspaceStatus `json:"status,omitzero"`
}

// WorkspaceList is a list of workspaces.
//
// +kubebuilder:object:root=true
type WorkspaceList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Workspace `json:"items"`
}

// WorkspaceSpec is the desired machine. Only image is required.
type WorkspaceSpec struct {
	// image is a Docker image reference, such as node:22.
	// +kubebuilder:validation:MinLength=1
	Image string `json:"image"`
	// imagePullPolicy says when the image is pulled before a container is created.
	// +kubebuilder:default=IfNotPresent
	// +optional
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`
	// imageUpdatePolicy says what happens when the image's reference means another image than the container was created from:
	// Notify sets the condition ImageOutdated, Recreate replaces the container.
	// +kubebuilder:default=Notify
	// +optional
	ImageUpdatePolicy ImageUpdatePolicy `json:"imageUpdatePolicy,omitempty"`
	// sourceChangePolicy says what happens when source, or a bind mount's, is another file or directory than when the
	// container started: Restart restarts the workspace, which mounts the new one, Ignore only sets the condition SourceReplaced.
	// Where it is not set, a workspace is restarted that would otherwise be left with a directory that was deleted.
	// +optional
	SourceChangePolicy SourceChangePolicy `json:"sourceChangePolicy,omitempty"`
	// state is Running, or Stopped: the container is kept, not running.
	// +kubebuilder:default=Running
	// +optional
	State State `json:"state,omitempty"`
	// command is the entrypoint, as in a Pod. Default: the image's.
	// +optional
	Command []string `json:"command,omitempty"`
	// args are the arguments of the entrypoint, as in a Pod. Default: the image's, unless command is set.
	// +optional
	Args []string `json:"args,omitempty"`
	// workingDir is an absolute path in the container. Default: /workspace where source is set, else the image's.
	// +optional
	WorkingDir string `json:"workingDir,omitempty"`
	// hostname of the machine. Default: metadata.name.
	// +optional
	Hostname string `json:"hostname,omitempty"`
	// env are environment variables. They win over envFrom.
	// +optional
	// +listType=map
	// +listMapKey=name
	Env []EnvVar `json:"env,omitempty"`
	// envFrom are env files. Their content counts, not their path; later files win.
	// +optional
	EnvFrom []EnvFromSource `json:"envFrom,omitempty"`
	// source is a directory of the host, bind-mounted at /workspace.
	// +optional
	Source *Source `json:"source,omitempty"`
	// mounts in Docker's vocabulary.
	// +optional
	// +listType=map
	// +listMapKey=target
	Mounts []Mount `json:"mounts,omitempty"`
	// setup is a shell command, run with sh -c in the workspace after each container is created; retried with backoff.
	// +optional
	Setup string `json:"setup,omitempty"`
	// setupTimeoutSeconds after which a setup is ended, with what it started, and failed.
	// +kubebuilder:default=1800
	// +kubebuilder:validation:Minimum=1
	// +optional
	SetupTimeoutSeconds int32 `json:"setupTimeoutSeconds,omitempty"`
	// livenessProbe restarts a workspace whose probe keeps failing.
	// +optional
	LivenessProbe *Probe `json:"livenessProbe,omitempty"`
	// restartPolicy says when a container that exited is started again.
	// +kubebuilder:default=Always
	// +optional
	RestartPolicy RestartPolicy `json:"restartPolicy,omitempty"`
	// resources change in place: no container is recreated for them.
	// +optional
	Resources Resources `json:"resources,omitzero"`
	// network is bridge, none, or the name of a Docker network.
	// +kubebuilder:default=bridge
	// +optional
	Network string `json:"network,omitempty"`
	// init runs an init as PID 1, so that signals and zombies behave.
	// +kubebuilder:default=true
	// +optional
	Init *bool `json:"init,omitempty"`
	// terminationGracePeriodSeconds is the time between SIGTERM and SIGKILL when the container is stopped.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// securityContext narrows what the processes may do.
	// +optional
	SecurityContext SecurityContext `json:"securityContext,omitzero"`
	// volumeReclaimPolicy says what happens to the named volumes that this workspace created when it is removed.
	// +kubebuilder:default=Retain
	// +optional
	VolumeReclaimPolicy VolumeReclaimPolicy `json:"volumeReclaimPolicy,omitempty"`
}

// PullPolicy is a Pod's imagePullPolicy.
// +kubebuilder:validation:Enum=Always;IfNotPresent;Never
type PullPolicy string

// The pull policies.
const (
	PullAlways       PullPolicy = "Always"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullNever        PullPolicy = "Never"
)

// ImageUpdatePolicy says what happens when an image was rebuilt or pulled again under its reference.
// +kubebuilder:validation:Enum=Notify;Recreate
type ImageUpdatePolicy string

// The image update policies.
const (
	ImageUpdateNotify   ImageUpdatePolicy = "Notify"
	ImageUpdateRecreate ImageUpdatePolicy = "Recreate"
)

// SourceChangePolicy says what happens when the source of a bind is replaced by another file or directory.
// +kubebuilder:validation:Enum=Restart;Ignore
type SourceChangePolicy string

// The source change policies.
const (
	SourceChangeRestart SourceChangePolicy = "Restart"
	SourceChangeIgnore  SourceChangePolicy = "Ignore"
)

// State is the wanted run state.
// +kubebuilder:validation:Enum=Running;Stopped
type State string

// The wanted run states.
const (
	StateRunning State = "Running"
	StateStopped State = "Stopped"
)

// RestartPolicy is a Pod's restartPolicy.
// +kubebuilder:validation:Enum=Always;OnFailure;Never
type RestartPolicy string

// The restart policies.
const (
	RestartAlways    RestartPolicy = "Always"
	RestartOnFailure RestartPolicy = "OnFailure"
	RestartNever     RestartPolicy = "Never"
)

// VolumeReclaimPolicy says what becomes of named volumes.
// +kubebuilder:validation:Enum=Retain;Delete
type VolumeReclaimPolicy string

// The volume reclaim policies.
const (
	VolumeRetain VolumeReclaimPolicy = "Retain"
	VolumeDelete VolumeReclaimPolicy = "Delete"
)

// EnvVar is one environment variable.
type EnvVar struct {
	// name of the variable, without =.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// value is always a string: quote numbers and words such as yes.
	// +optional
	Value string `json:"value,omitempty"`
}

// EnvFromSource is one env file in Docker's format: NAME=value lines, # comments, a bare NAME takes nothing.
type EnvFromSource struct {
	// file is a path relative to the manifest's file; ~ is the home directory.
	// +kubebuilder:validation:MinLength=1
	File string `json:"file"`
}

// Source is the checkout that the workspace works on.
type Source struct {
	// path is a directory of the host, relative to the manifest's file; ~ is the home directory.
	// +kubebuilder:validation:MinLength=1
	Path string `json:"path"`
}

// Probe runs a command in the workspace; an exit code of 0 is healthy.
type Probe struct {
	// exec is the command that probes.
	Exec ExecAction `json:"exec"`
	// initialDelaySeconds after the start before the first probe.
	// +kubebuilder:validation:Minimum=0
	// +optional
	InitialDelaySeconds int32 `json:"initialDelaySeconds,omitempty"`
	// periodSeconds between probes.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +optional
	PeriodSeconds int32 `json:"periodSeconds,omitempty"`
	// timeoutSeconds after which a probe that has not answered failed.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +optional
	TimeoutSeconds int32 `json:"timeoutSeconds,omitempty"`
	// failureThreshold is how many probes in a row must fail before the workspace is restarted.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +optional
	FailureThreshold int32 `json:"failureThreshold,omitempty"`
}

// ExecAction is a command without a shell.
type ExecAction struct {
	// command and its arguments; it runs without a shell.
	// +kubebuilder:validation:MinItems=1
	Command []string `json:"command"`
}

// Resources of the machine.
type Resources struct {
	// limits are upper bounds.
	// +optional
	Limits Limits `json:"limits,omitzero"`
}

// Limits are upper bounds; an absent one is no limit.
type Limits struct {
	// cpu in cores, such as "2" or 500m. More than the engine has means all of them.
	// +optional
	CPU *resource.Quantity `json:"cpu,omitempty"`
	// memory in bytes, such as 4Gi.
	// +optional
	Memory *resource.Quantity `json:"memory,omitempty"`
	// pids is the number of processes and threads.
	// +kubebuilder:validation:Minimum=1
	// +optional
	PIDs *int64 `json:"pids,omitempty"`
}

// SecurityContext narrows, and within Docker's default profile widens, what the processes may do.
type SecurityContext struct {
	// user is user[:group], by name or number, as in docker run --user.
	// +optional
	User string `json:"user,omitempty"`
	// capabilities that are added to or dropped from Docker's default set.
	// +optional
	Capabilities Capabilities `json:"capabilities,omitzero"`
	// readOnlyRootFilesystem leaves only mounts writable.
	// +optional
	ReadOnlyRootFilesystem bool `json:"readOnlyRootFilesystem,omitempty"`
	// allowPrivilegeEscalation lets a process gain more privileges than its parent has, for example by a setuid program.
	// +kubebuilder:default=true
	// +optional
	AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation,omitempty"`
}

// Capabilities are Linux capabilities in upper case, with or without the CAP_ prefix.
type Capabilities struct {
	// add widens Docker's default set. Refused are those that amount to privileged mode: ALL, SYS_ADMIN, SYS_MODULE,
	// SYS_RAWIO, SYS_BOOT, DAC_READ_SEARCH, BPF and PERFMON.
	// +optional
	Add []string `json:"add,omitempty"`
	// drop narrows Docker's default set; ALL drops everything that add does not name.
	// +optional
	Drop []string `json:"drop,omitempty"`
}
