package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workspace is one developer workspace: one container with a network namespace of its own.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Restarts",type=integer,JSONPath=`.status.restartCount`
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.spec.image`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 53 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name must be a DNS-1123 label of at most 53 characters"
type Workspace struct {
	metav1.TypeMeta `json:",inline"`
	// metadata carries the name (a DNS-1123 label of at most 53 characters, unique in the instance), labels and
	// annotations.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired workspace.
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

// WorkspaceSpec is the desired workspace. Only image is required. If a field's comment names no other effect, a change
// of the field recreates the container; named volumes and the source directory are kept.
//
// +kubebuilder:validation:XValidation:rule="!has(self.source) || !has(self.mounts) || !self.mounts.exists(m, m.target.matches('^/+workspace/*$'))",message="source is mounted at /workspace; no mount can have that target"
type WorkspaceSpec struct {
	// image is a Docker image reference, such as node:22.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:Pattern=`^\S+$`
	Image string `json:"image"`
	// imagePullPolicy is when the image is pulled before a container is created. A change affects the next container only.
	// +kubebuilder:default=IfNotPresent
	// +optional
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`
	// imageUpdatePolicy is what happens if the image's reference now means another image than the one that the container
	// was created from: Notify sets the condition ImageOutdated, Recreate replaces the container. A change itself
	// recreates nothing.
	// +kubebuilder:default=Notify
	// +optional
	ImageUpdatePolicy ImageUpdatePolicy `json:"imageUpdatePolicy,omitempty"`
	// sourceChangePolicy is what happens if source, or the source of a bind mount, is another file or directory than when
	// the container started: Restart restarts the workspace, which mounts the new one; Ignore only sets the condition
	// SourceReplaced. If it is not set, a workspace is restarted if it would otherwise be left with a directory that was
	// deleted. A change itself restarts nothing.
	// +optional
	SourceChangePolicy SourceChangePolicy `json:"sourceChangePolicy,omitempty"`
	// state is Running, or Stopped: the container is kept, and does not run. A change starts or stops the container.
	// +kubebuilder:default=Running
	// +optional
	State State `json:"state,omitempty"`
	// command is the entrypoint, as in a Pod. Default: the image's.
	// +optional
	// +listType=atomic
	Command []string `json:"command,omitempty"`
	// args are the arguments of the entrypoint, as in a Pod. Default: the image's, unless command is set.
	// +optional
	// +listType=atomic
	Args []string `json:"args,omitempty"`
	// workingDir is an absolute path in the container. Default: /workspace if source is set, else the image's.
	// +kubebuilder:validation:Pattern=`^(/|$)`
	// +optional
	WorkingDir string `json:"workingDir,omitempty"`
	// hostname of the container. Default: metadata.name.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*)?$`
	// +optional
	Hostname string `json:"hostname,omitempty"`
	// env are environment variables. They win over envFrom.
	// +optional
	// +listType=map
	// +listMapKey=name
	Env []EnvVar `json:"env,omitempty"`
	// envFrom are env files; a variable of a later file wins. A change of the files' content recreates the container, a
	// change of their paths alone does not.
	// +optional
	// +listType=atomic
	EnvFrom []EnvFromSource `json:"envFrom,omitempty"`
	// source is a directory of the host, bind-mounted at /workspace.
	// +optional
	Source *Source `json:"source,omitempty"`
	// mounts are further mounts, in Docker's vocabulary.
	// +kubebuilder:validation:MaxItems=256
	// +optional
	// +listType=map
	// +listMapKey=target
	Mounts []Mount `json:"mounts,omitempty"`
	// setup is a shell command, run with sh -c in the workspace once after each container is created; retried with
	// backoff.
	// +optional
	Setup string `json:"setup,omitempty"`
	// setupTimeoutSeconds is the time after which a setup, with the processes that it started, is ended and counts as
	// failed. A change applies to the next setup.
	// +kubebuilder:default=1800
	// +kubebuilder:validation:Minimum=1
	// +optional
	SetupTimeoutSeconds int32 `json:"setupTimeoutSeconds,omitempty"`
	// livenessProbe restarts the container if its command keeps failing. A change applies to the running container.
	// +optional
	LivenessProbe *Probe `json:"livenessProbe,omitempty"`
	// restartPolicy is when a container that exited is started again. A change recreates nothing.
	// +kubebuilder:default=Always
	// +optional
	RestartPolicy RestartPolicy `json:"restartPolicy,omitempty"`
	// resources change in place: the container keeps running.
	// +optional
	Resources Resources `json:"resources,omitzero"`
	// network is bridge, none, or the name of a Docker network.
	// +kubebuilder:default=bridge
	// +kubebuilder:validation:Pattern=`^([a-zA-Z0-9][a-zA-Z0-9_.-]*)?$`
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="!(self.lowerAscii() in ['host', 'default'])",message="use bridge, none or the name of a Docker network"
	// +optional
	Network string `json:"network,omitempty"`
	// init runs an init as PID 1, which forwards signals and reaps zombies.
	// +kubebuilder:default=true
	// +optional
	Init *bool `json:"init,omitempty"`
	// terminationGracePeriodSeconds is the time between SIGTERM and SIGKILL when the container is stopped. A change
	// applies to the next stop.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// securityContext is what the processes may do.
	// +optional
	SecurityContext SecurityContext `json:"securityContext,omitzero"`
	// volumeReclaimPolicy is what happens to the named volumes that this workspace created when the workspace is removed.
	// A change recreates nothing.
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

// ImageUpdatePolicy is what happens if an image was rebuilt or pulled again under its reference.
// +kubebuilder:validation:Enum=Notify;Recreate
type ImageUpdatePolicy string

// The image update policies.
const (
	ImageUpdateNotify   ImageUpdatePolicy = "Notify"
	ImageUpdateRecreate ImageUpdatePolicy = "Recreate"
)

// SourceChangePolicy is what happens if the source of a bind is replaced by another file or directory.
// +kubebuilder:validation:Enum=Restart;Ignore
type SourceChangePolicy string

// The source change policies.
const (
	SourceChangeRestart SourceChangePolicy = "Restart"
	SourceChangeIgnore  SourceChangePolicy = "Ignore"
)

// State is the desired run state.
// +kubebuilder:validation:Enum=Running;Stopped
type State string

// The desired run states.
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

// VolumeReclaimPolicy is what happens to named volumes.
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
	// +kubebuilder:validation:Pattern=`^[^=\x00]*$`
	Name string `json:"name"`
	// value is always a string: quote numbers and words such as yes.
	// +kubebuilder:validation:Pattern=`^[^\x00]*$`
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
	// initialDelaySeconds is the time between the container's start and the first probe. Default: 0.
	// +kubebuilder:validation:Minimum=0
	// +optional
	InitialDelaySeconds int32 `json:"initialDelaySeconds,omitempty"`
	// periodSeconds is the time between probes.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +optional
	PeriodSeconds int32 `json:"periodSeconds,omitempty"`
	// timeoutSeconds is the time after which a probe without an answer counts as failed.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +optional
	TimeoutSeconds int32 `json:"timeoutSeconds,omitempty"`
	// failureThreshold is how many probes in a row must fail before the container is restarted.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +optional
	FailureThreshold int32 `json:"failureThreshold,omitempty"`
}

// ExecAction is a command without a shell.
type ExecAction struct {
	// command and its arguments; it runs without a shell.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:XValidation:rule="self[0].size() > 0",message="must begin with the program that probes"
	// +listType=atomic
	Command []string `json:"command"`
}
