// Package manifest turns a directory of manifests into Snapshots: what should be, every fault, and whether anything may be
// concluded from what is absent. It only ever reads.
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
	// Began is when the read began, Time when it was over.
	Began, Time time.Time
	// Workspaces in force by name: the manifests' of now, and the last good ones of documents that are broken now.
	Workspaces map[string]*Workspace
	// Problems are all faults, in the order of files and lines. They include faults that name no workspace.
	Problems []Problem
	// Holds say why no workspace may be removed on the word of this snapshot. Empty where absence means absence.
	Holds []Hold
	// Unsettled are files that are not believed yet.
	Unsettled []Unsettled
	// RetryAfter says after what time the directory should be read again at the latest, even where no event comes; 0 where
	// nothing is waited for.
	RetryAfter time.Duration
	// Identity is the directory that last held a manifest, in an opaque form that survives restarts of the controller:
	// persist it and give it to WithKnownIdentity. Empty where no manifest was ever seen.
	Identity string
}

// Workspace is one workspace in force.
type Workspace struct {
	Name string
	// File is the slash-separated path in the directory; Line is where the document starts, from 1.
	File string
	Line int
	// Labels and Annotations are the manifest's.
	Labels, Annotations map[string]string
	// Spec is as written, with absolute host paths: defaults are the reader's, so that a later release may change one
	// without changing what was recorded. The zero Spec (no image) where nothing valid was ever read under
	// this name: then Problem says why.
	Spec v1alpha1.WorkspaceSpec
	// Env is the container's environment as NAME=value: envFrom first, then env, each name once, in order of first appearance.
	Env []string
	// EnvFromHash is sha256:… over what came from env files, or empty where none did.
	EnvFromHash string
	// Missing are host paths (source, bind mounts, env files) that do not exist now, and env files that somebody is still
	// writing and nobody has read before. The workspace waits for them.
	Missing []string
	// Outside are the host paths (source, bind mounts, env files) outside of Tree, which is the manifest's own: the git work tree that
	// the file is in, or else the directory of the manifests.
	Outside []HostPath
	Tree    string
	// Written are the real paths of the file: who can write below one of them decides what the manifest says.
	Written []string
	// Hosts are the sources of binds, absolute, each with the identity at which it was checked; see package hostfile. Empty where
	// there is nothing.
	Hosts map[string]string
	// GitDirectory is what the source needs where it is a linked work tree, GitRefused why it cannot have it.
	GitDirectory *specdiff.GitDirectory
	GitRefused   string
	// Revision is that of File at which this state was read: of the last good one while the document is broken. nil where the
	// file is in no git work tree, or git does not say (yet).
	Revision *v1alpha1.Revision
	// Problem is set while the document of this workspace is broken, or another document claims its name. The rest is
	// then the last good state.
	Problem *Problem
}

// Problem is a fault in the manifests.
type Problem struct {
	decode.Fault
	// Workspace that it concerns, where it could be told.
	Workspace string `json:"workspace,omitempty"`
	// Reason is the condition's: InvalidManifest or DuplicateName; or ReasonNotAWorkspace.
	Reason string `json:"reason"`
}

// ReasonNotAWorkspace is the reason of a problem that is only a note: the document is another tool's, no workspace waits for it,
// and no removal does.
const ReasonNotAWorkspace = "NotAWorkspace"

// Note says that nothing is wrong with any workspace.
func (p Problem) Note() bool { return p.Reason == ReasonNotAWorkspace }

// HoldReason says in one word why removals wait.
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

// HoldReasons are all reasons to hold removals.
func HoldReasons() []HoldReason {
	return []HoldReason{
		HoldMissing, HoldUnreadable, HoldEmpty, HoldUnparsable, HoldHalfWritten, HoldGitOperation, HoldNoneLeft, HoldFileSystem,
		HoldMoved,
	}
}

// Hold is one reason why removals wait.
type Hold struct {
	Reason HoldReason `json:"reason"`
	// Message says what to do about it.
	Message string `json:"message"`
	// Path is the file or directory, absolute, that the hold ends with, where it is one of git's.
	Path string `json:"path,omitempty"`
}
