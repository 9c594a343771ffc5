package plan

import (
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// The git directory of a source that is a linked work tree is decided when a container is created, and recorded in its
// label: the file that names it is in a tree that the workspace can write. Another one than that of the container
// before, for the same source, is mounted only where a person asked for a new container.

// GitRecord is what the last container of a workspace had, so that it counts also where that container is gone.
type GitRecord struct {
	// SourcePath is spec.source.path.
	SourcePath string                 `json:"sourcePath,omitempty"`
	Directory  *v1alpha1.GitDirectory `json:"directory,omitempty"`
}

func gitRecord(a v1alpha1.AppliedSpec) *GitRecord {
	if a.Source == nil {
		return nil
	}
	return &GitRecord{SourcePath: a.Source.Path, Directory: a.GitDirectory}
}

// gitBefore is what the container in force has, or the last one had; nil where there was none.
func (in Input) gitBefore(c *engine.Container) *GitRecord {
	if c == nil {
		return in.Memory.Git
	}
	record, _ := in.record(*c)
	return gitRecord(record)
}

// gitHeld says that a new container does not get the git directory that the source asks for now.
func (in Input) gitHeld(c *engine.Container) bool {
	want, before := in.Desired.GitDirectory, in.gitBefore(c)
	switch {
	case want == nil || before == nil || in.Desired.Spec.Source == nil || before.SourcePath != in.Desired.Spec.Source.Path:
		return false
	case c != nil && in.Memory.Recreate != nil && in.Memory.Recreate.ContainerID == c.ID:
		return false
	}
	return !sameGit(want, before.Directory)
}

// gitDirectory is what a new container in the place of c mounts, and gains what to say of it where c does not have it.
func (in Input) gitDirectory(c *engine.Container) (mounted *v1alpha1.GitDirectory, gains string) {
	if in.Desired.GitDirectory == nil || in.gitHeld(c) {
		return nil, ""
	}
	if before := in.gitBefore(c); before == nil || !sameGit(before.Directory, in.Desired.GitDirectory) {
		gains = "mounts the git directory " + in.Desired.GitDirectory.Source + ", because the source is a linked work tree"
	}
	return in.Desired.GitDirectory, gains
}

func sameGit(a, b *v1alpha1.GitDirectory) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// gitNotice says why git does not work in the workspace.
func (in Input) gitNotice(c engine.Container) []Notice {
	message := in.Desired.GitRefused
	if message == "" {
		record, _ := in.record(c)
		if want := in.Desired.GitDirectory; want == nil || sameGit(want, record.GitDirectory) {
			return nil
		}
		message = fmt.Sprintf("the source is a linked work tree of %s now, which is not mounted: a workspace can write the file "+
			"that says so. `dual-reconciler recreate %s` mounts it", in.Desired.GitDirectory.Source, in.Name)
	}
	const kind = v1alpha1.ConditionGitDirectoryNotMounted
	return []Notice{{Type: kind, Reason: kind, Message: message}}
}

// MountedGitDirectory is that of the container in force; empty where there is none.
func MountedGitDirectory(in Input) string {
	c := InForce(in)
	if c == nil {
		return ""
	}
	record, _ := in.record(*c)
	if record.GitDirectory == nil {
		return ""
	}
	return record.GitDirectory.Source
}
