package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Input is everything that a plan depends on.
type Input struct {
	Now      time.Time
	Instance string
	Name     string
	// Directory of the manifests, absolute: the label of new containers.
	Directory string
	// Machine that the directory is on, and its Host name: labels of new containers. Empty if it has no id.
	Machine, Host string
	// Elsewhere is set if a container of the workspace came from another directory or machine: nothing is done about
	// it. Adopted are the ids of those that came from elsewhere and that a user adopted.
	Elsewhere *Problem
	Adopted   []string
	// Desired is nil if no manifest asks for the workspace.
	Desired *Desired
	// Absent is what may be concluded from a nil Desired.
	Absent Absence
	// Containers that carry the instance's and this workspace's labels.
	Containers []engine.Container
	// Volumes of the instance; see Needs.Volumes.
	Volumes []engine.Volume
	// NamedElsewhere are the names of volumes that the effective manifest of another workspace, ready or not, or the
	// record of its container names; see Needs.Volumes. None of them is removed.
	NamedElsewhere map[string]bool
	// ImagePresent is set if the engine has the desired image; see Needs.Image.
	ImagePresent bool
	// ImageID is the image that the desired reference means on the engine now; empty if that is not known.
	ImageID string
	// Taken are the names that the plan needs and that containers which are not owned hold, with their ids; see
	// Plan.Names.
	Taken map[string]string
	// Sources of the desired spec's binds; none if the engine is on another machine.
	Sources []Source
	// Settle is how long a new source must have stood still to count as complete; zero trusts it at once.
	Settle time.Duration
	// CPUs of the engine: a limit of all of them is no limit.
	CPUs int
	// FixedLimits is set if the engine cannot change the limits of a container: a change of them recreates.
	FixedLimits bool
	// HostPaths are those of the manifest outside of its own work tree; nil if that is not known. Unapproved is why
	// they wait for a user's approval; nil if they do not.
	HostPaths  []HostPath
	Unapproved *Unapproved
	// Setup is the setup that runs now; nil for none.
	Setup  *SetupRun
	Memory Memory
}

// Desired is what the effective manifest asks for.
type Desired struct {
	// Spec as written, host paths absolute. If FromRecord is set, it is what the container's label recorded.
	Spec v1alpha1.WorkspaceSpec
	// Env is the whole environment as NAME=value; EnvFromHash identifies the part that came from files.
	Env         []string
	EnvFromHash string
	// Source is the file in the directory.
	Source string
	// Missing are host paths that do not exist now.
	Missing []string
	// GitDirectory is what the source needs if it is a linked work tree, GitRefused why it cannot have it.
	GitDirectory *specdiff.GitDirectory
	GitRefused   string
	// Paused is set if dual.dev/reconcile is disabled.
	Paused bool
	// FromRecord is set if no manifest can be followed, and the container's own record is. Nothing can be created
	// from it: values that came from env files are not in it.
	FromRecord bool
	// Problem is why the manifest as it is now is not followed; nil if it is.
	Problem *Problem
}

// Problem is a condition that the planner only reports.
type Problem struct {
	Reason  string
	Message string
}

// Absence is what a missing manifest means.
type Absence struct {
	// Held is why nothing may be removed now; nil if absence means removal. While it is set, the container's own
	// record is followed.
	Held *Problem
	// Since is when a complete snapshot first lacked the workspace; Confirmed the time of the latest one.
	Since, Confirmed time.Time
	// Delay is how long it must be absent.
	Delay time.Duration
}

// applied is the record of the desired spec.
func (d *Desired) applied() specdiff.LastApplied {
	spec := *d.Spec.DeepCopy()
	spec.EnvFrom = nil
	return specdiff.LastApplied{WorkspaceSpec: spec, EnvFromHash: d.EnvFromHash}
}

// Same reports whether two desired states ask for the same, wherever it is written.
func (d *Desired) Same(as *Desired) bool {
	return d.Key() == as.Key() && d.Paused == as.Paused && slices.Equal(d.Missing, as.Missing) &&
		reflect.DeepEqual(d.Problem, as.Problem)
}

// Key identifies the desired spec for the backoffs.
func (d *Desired) Key() string {
	text, err := d.applied().Canonical()
	if err != nil {
		text = err.Error()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// key identifies what a failure belongs to: the desired spec, and which paths of the host are missing. So what failed
// while one was missing, or before, delays nothing once it is back.
func (s *situation) key() string {
	if s.failureKey != "" {
		return s.failureKey
	}
	s.failureKey = s.Desired.Key()
	if len(s.Desired.Missing) > 0 {
		sum := sha256.Sum256([]byte(strings.Join(s.Desired.Missing, "\x00")))
		s.failureKey += "-" + hex.EncodeToString(sum[:4])
	}
	return s.failureKey
}

func defaulted(spec v1alpha1.WorkspaceSpec, name string) v1alpha1.WorkspaceSpec {
	full := *spec.DeepCopy()
	v1alpha1.SetDefaults(&full, name)
	return full
}
