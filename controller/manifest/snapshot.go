package manifest

import (
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Snapshot is one complete read of the directory. It is immutable.
type Snapshot struct {
	// Dir is the absolute path of the directory.
	Dir string
	// Began is when the read began, Time when it ended.
	Began, Time time.Time
	// Workspaces by name: those of the current manifests, and the last valid state of those whose document is invalid
	// now.
	Workspaces map[string]*Workspace
	// Problems are all faults, in the order of files and lines, including those that concern no known workspace.
	Problems []Problem
	// Holds are the reasons why no workspace may be removed because it is absent from this snapshot.
	Holds []Hold
	// Unsettled are files whose content is not accepted yet.
	Unsettled []Unsettled
	// RetryAfter is when the directory must be read again even without an event; 0 if there is no reason to.
	RetryAfter time.Duration
	// Identity is the directory that last held a manifest, in an opaque form that survives restarts of the controller:
	// persist it and pass it to WithKnownIdentity. It is empty if no workspace was ever read.
	Identity string
}

// Workspace is the effective state of one workspace.
type Workspace struct {
	Name string
	// File is the slash-separated path in the directory; Line is where the document starts, from 1.
	File string
	Line int
	// Labels and Annotations are the manifest's.
	Labels, Annotations map[string]string
	// Spec is as written, with absolute host paths. The reader applies defaults, so that a later release can change one
	// without changing recorded specs. It is the zero Spec (no image) if nothing valid was ever read under this name;
	// Problem is then the reason.
	Spec v1alpha1.WorkspaceSpec
	// Env is the container's environment as NAME=value: envFrom first, then env, each name once, in order of first
	// appearance.
	Env []string
	// EnvFromHash is sha256:… of the variables from env files; empty if there are none.
	EnvFromHash string
	// Missing are host paths (source, bind mounts, env files) that do not exist, and env files whose first content is
	// still being written. The workspace waits for them.
	Missing []string
	// Outside are the host paths (source, bind mounts, env files) outside of Tree: the git work tree that contains the
	// file, or the directory of the manifests.
	Outside []HostPath
	Tree    string
	// Written are the real paths of the file. A process that can write below one of them can change the manifest.
	Written []string
	// Hosts maps each absolute source of a bind mount to the identity that was checked; see package hostfile. The
	// identity is empty if the path does not exist.
	Hosts map[string]string
	// GitDirectory is what the source needs if it is a linked work tree. GitRefused is why it cannot be mounted.
	GitDirectory *specdiff.GitDirectory
	GitRefused   string
	// Revision is the revision of File at which this state was read. It is nil if the file is in no git work tree, or
	// git has not answered.
	Revision *v1alpha1.Revision
	// Problem is set while the document of this workspace is invalid, or another document defines the same name. The
	// other fields are then the last valid state.
	Problem *Problem
}

// Problem is a fault in the manifests.
type Problem struct {
	decode.Fault
	// Workspace that it concerns, if known.
	Workspace string `json:"workspace,omitempty"`
	// Reason is the condition's: InvalidManifest or DuplicateName; or ReasonNotAWorkspace.
	Reason string `json:"reason"`
}

// ReasonNotAWorkspace is the reason of a problem that is only a note: the document belongs to another tool, and neither
// a workspace nor a removal waits for it.
const ReasonNotAWorkspace = "NotAWorkspace"

// Note reports whether the problem concerns no workspace.
func (p Problem) Note() bool { return p.Reason == ReasonNotAWorkspace }

// HoldReason classifies why removals wait.
type HoldReason string

// The reasons to hold removals.
const (
	HoldMissing      HoldReason = "DirectoryMissing"
	HoldUnreadable   HoldReason = "Unreadable"
	HoldEmpty        HoldReason = "DirectoryReplaced"
	HoldUnparsable   HoldReason = "Unparsable"
	HoldHalfWritten  HoldReason = "HalfWritten"
	HoldGitOperation HoldReason = "GitOperation"
	HoldNoneLeft     HoldReason = "NoneLeft"
	HoldFileSystem   HoldReason = "OtherFileSystem"
	HoldMoved        HoldReason = "ReplacedWhileRead"
)

// HoldReasons returns all reasons to hold removals.
func HoldReasons() []HoldReason {
	return []HoldReason{
		HoldMissing, HoldUnreadable, HoldEmpty, HoldUnparsable, HoldHalfWritten, HoldGitOperation, HoldNoneLeft, HoldFileSystem,
		HoldMoved,
	}
}

// Hold is one reason why removals wait.
type Hold struct {
	Reason HoldReason `json:"reason"`
	// Message describes the reason and how to end it.
	Message string `json:"message"`
	// Path is the absolute path of the file or directory whose removal ends the hold, if it is one of git's.
	Path string `json:"path,omitempty"`
}
