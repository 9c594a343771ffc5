package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Notice is a condition beside Ready that is true. It never changes whether the workspace is ready.
type Notice struct {
	// Type of the condition, Reason and a sentence.
	Type, Reason, Message string
}

// RecreateRequest is a user's request to replace a container.
type RecreateRequest struct {
	// ContainerID of the container to replace: the request is done when another one is current.
	ContainerID string `json:"containerID"`
	// Cause names who asked.
	Cause string `json:"cause"`
	// Pull the image first, whatever imagePullPolicy says.
	Pull bool `json:"pull,omitempty"`
}

// outdated reports whether the desired image's reference means another image than the one that the container was
// created from. It is false if that is not known. A recorded spec is kept as it is: no container can be created from
// it.
func (s *situation) outdated(c *owned) bool {
	return c.Untagged && s.ImageID != "" && s.ImageID != c.ImageID && !s.Desired.FromRecord
}

// recreateCauses are the reasons why only a new container makes what is desired; none means that the container matches.
func (s *situation) recreateCauses(c *owned) []string {
	var texts []string
	fixed := s.fixedLimits(c)
	for _, ch := range c.changes {
		switch {
		case ch.Class == specdiff.Recreate:
			texts = append(texts, ch.String())
		case ch.Class == specdiff.InPlace && fixed:
			texts = append(texts, ch.String()+" (this engine cannot change it in place)")
		}
	}
	if s.outdated(c) && s.spec.ImageUpdatePolicy == v1alpha1.ImageUpdateRecreate {
		texts = append(texts, fmt.Sprintf("image %s is another one now: %s → %s",
			s.Desired.Spec.Image, shortID(c.ImageID), shortID(s.ImageID)))
	}
	if s.Desired.FromRecord {
		return texts
	}
	if r := s.Memory.Recreate; r != nil && r.ContainerID == c.ID {
		texts = append(texts, r.Cause)
	}
	return slices.Concat(texts, c.otherVolumes(), s.movedCauses(c))
}

// fixedLimits reports whether other limits are desired than the container's, on an engine that cannot change them.
func (s *situation) fixedLimits(c *owned) bool {
	return s.FixedLimits && s.effective(limits(c.recordedSpec(s.Name))) != s.effective(limits(s.spec))
}

// notices are the conditions of the current container beside Ready.
func (s *situation) notices() []Notice {
	c := s.current
	if c == nil || s.Desired == nil {
		return nil
	}
	notices := append(s.sourceNotice(c), s.gitNotice(c)...)
	if !s.outdated(c) {
		return notices
	}
	return append(notices, Notice{
		Type: v1alpha1.ConditionImageOutdated, Reason: v1alpha1.ReasonImageChanged,
		Message: fmt.Sprintf(
			"image %s is %s now, the container was created from %s; `dual-reconciler recreate %s` replaces it",
			s.Desired.Spec.Image, shortID(s.ImageID), shortID(c.ImageID), s.Name),
	})
}

// shortID is an image's id as the docker client shows it.
func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}
