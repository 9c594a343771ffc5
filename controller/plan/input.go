package plan

import (
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Input is everything that a plan depends on.
type Input struct {
	Now      time.Time
	Instance string
	Name     string
	// Directory of the manifests, absolute: the label of new containers.
	Directory string
	// Machine that the directory is on, and its Host name: labels of new containers. Empty where it has no id.
	Machine, Host string
	// Elsewhere says that a container of the workspace came from another directory or machine: nothing is done about it.
	// Adopted are the ids of those that did and that a person took over.
	Elsewhere *Problem
	Adopted   []string
	// Desired is nil where no manifest asks for the workspace.
	Desired *Desired
	// Absent says what may be concluded from a nil Desired.
	Absent Absence
	// Containers that carry the instance's and this workspace's labels.
	Containers []engine.Container
	// Volumes of the instance; needed where NeedsVolumes says so.
	Volumes []engine.Volume
	// NamedElsewhere are the names of volumes that a manifest in force, ready or not, or the record of another workspace's
	// container names; needed where NeedsVolumes says so. None of them is removed.
	NamedElsewhere map[string]bool
	// ImagePresent says that the desired image is there locally; needed where NeedsImage says so.
	ImagePresent bool
	// ImageID is the image that the desired reference means on the engine now; empty where that is not known.
	ImageID string
	// Taken are the names that the plan needs and that containers of somebody else hold, with their ids; see Plan.Names.
	Taken map[string]string
	// Sources of the desired spec's binds; none where the engine is on another machine.
	Sources []Source
	// Settle is how long what took the place of a source must have stood still; zero believes it at once.
	Settle time.Duration
	// CPUs of the engine: a limit of all of them is no limit.
	CPUs int
	// FixedLimits says that the engine cannot change the limits of a container: a change of them recreates.
	FixedLimits bool
	// HostPaths are those of the manifest outside of its own work tree; nil where that is not known. Unapproved says why they wait
	// for a person's approval; nil where they do not.
	HostPaths  []HostPath
	Unapproved *Unapproved
	// Setup is the setup that runs now; nil for none.
	Setup  *SetupRun
	Memory Memory
}

// Desired is what the manifest in force asks for.
type Desired struct {
	// Spec as written, host paths absolute. Where FromRecord is set it is what the container's label recorded.
	Spec v1alpha1.WorkspaceSpec
	// Env is the whole environment as NAME=value; EnvFromHash identifies the part that came from files.
	Env         []string
	EnvFromHash string
	// Source is the file in the directory.
	Source string
	// Missing are host paths that do not exist now.
	Missing []string
	// GitDirectory is what the source needs where it is a linked work tree, GitRefused why it cannot have it.
	GitDirectory *v1alpha1.GitDirectory
	GitRefused   string
	// Paused says that dual.dev/reconcile is disabled.
	Paused bool
	// FromRecord: no manifest can be read, the container's own record is in force. Nothing can be created from it: values
	// that came from env files are not in it.
	FromRecord bool
	// Problem is why the manifest as it is now is not in force; empty where it is.
	Problem *Problem
}

// Problem is a condition that the planner only reports.
type Problem struct {
	Reason  string
	Message string
}

// Absence says what a missing manifest means.
type Absence struct {
	// Held is why nothing may be removed now; nil where absence means removal. While it is set the container's own record
	// is in force.
	Held *Problem
	// Since is when a complete snapshot first lacked the workspace; Confirmed the time of the latest one.
	Since, Confirmed time.Time
	// Delay is how long it must be absent.
	Delay time.Duration
}

// applied is the record of the desired spec.
func (d *Desired) applied() v1alpha1.AppliedSpec {
	spec := *d.Spec.DeepCopy()
	spec.EnvFrom = nil
	return v1alpha1.AppliedSpec{WorkspaceSpec: spec, EnvFromHash: d.EnvFromHash}
}

// spec is the desired spec with every default.
func (in Input) spec() v1alpha1.WorkspaceSpec {
	return defaulted(in.Desired.Spec, in.Name)
}

func defaulted(spec v1alpha1.WorkspaceSpec, name string) v1alpha1.WorkspaceSpec {
	full := *spec.DeepCopy()
	v1alpha1.SetDefaults(&full, name)
	return full
}
