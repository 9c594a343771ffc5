package plan

import (
	"fmt"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// The git directory of a source that is a linked work tree is decided when a container is created, and recorded in
// its label: the file that names it is in a tree that the workspace can write. Another one than that of the previous
// container, for the same source, is mounted only if a user asked for a new container.

// GitRecord is what the last container of a workspace had, so that it counts also after that container is gone.
type GitRecord struct {
	// SourcePath is spec.source.path.
	SourcePath string                 `json:"sourcePath,omitempty"`
	Directory  *specdiff.GitDirectory `json:"directory,omitempty"`
}

func gitRecord(a specdiff.LastApplied) *GitRecord {
	if a.Source == nil {
		return nil
	}
	return &GitRecord{SourcePath: a.Source.Path, Directory: a.GitDirectory}
}

// gitBefore is what a container has, or, without one, what the last container had; nil if there was none.
func (m Memory) gitBefore(c *owned) *GitRecord {
	if c == nil {
		return m.Git
	}
	return gitRecord(c.record)
}

// gitDirectory is what a new container mounts, and gains a text about it if the previous container does not have it.
func (s *situation) gitDirectory() (mounted *specdiff.GitDirectory, gains string) {
	previous := s.current
	if previous == nil && len(s.dead) > 0 {
		previous = s.dead[0]
	}
	want, before := s.Desired.GitDirectory, s.Memory.gitBefore(previous)
	if want == nil {
		return nil, ""
	}
	if before != nil && sameGit(want, before.Directory) {
		return want, ""
	}
	sameSource := before != nil && s.Desired.Spec.Source != nil && before.SourcePath == s.Desired.Spec.Source.Path
	asked := previous != nil && s.Memory.Recreate != nil && s.Memory.Recreate.ContainerID == previous.ID
	if sameSource && !asked {
		return nil, ""
	}
	return want, "mounts the git directory " + want.Source + ", because the source is a linked work tree"
}

func sameGit(a, b *specdiff.GitDirectory) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// gitNotice explains why git does not work in the workspace.
func (s *situation) gitNotice(c *owned) []Notice {
	message := s.Desired.GitRefused
	if message == "" {
		want := s.Desired.GitDirectory
		if want == nil || sameGit(want, c.record.GitDirectory) {
			return nil
		}
		message = fmt.Sprintf("the source is a linked work tree of %s now, which is not mounted: a workspace can write "+
			"the file that names it. `dual-reconciler recreate %s` mounts it", want.Source, s.Name)
	}
	const kind = v1alpha1.ConditionGitDirectoryNotMounted
	return []Notice{{Type: kind, Reason: kind, Message: message}}
}
