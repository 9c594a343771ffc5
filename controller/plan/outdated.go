package plan

import (
	"fmt"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Notice is a condition beside Ready that is true. It never changes whether the workspace is ready.
type Notice struct {
	// Type of the condition, Reason and a sentence.
	Type, Reason, Message string
}

// RecreateRequest is a person's request to replace a container.
type RecreateRequest struct {
	// ContainerID of the container to replace: the request is done when another one is current.
	ContainerID string `json:"containerID"`
	// Cause says who asked.
	Cause string `json:"cause"`
	// Pull the image first, whatever imagePullPolicy says.
	Pull bool `json:"pull,omitempty"`
}

// outdated reports whether the desired image's reference means another image than the one that the container was created
// from. It is false where that is not known. A recorded spec is kept as it is: no container can be created from it.
func (in Input) outdated(c engine.Container) bool {
	return c.Untagged && in.ImageID != "" && in.ImageID != c.ImageID && !in.Desired.FromRecord
}

// recreateCauses are the reasons why only a new container makes what is desired; none means that the container matches.
func (in Input) recreateCauses(c engine.Container) []string {
	var texts []string
	for _, ch := range in.recreates(c) {
		text := ch.String()
		if ch.Class == v1alpha1.ChangeInPlace {
			text += " (this engine cannot change it in place)"
		}
		texts = append(texts, text)
	}
	if in.outdated(c) && in.spec().ImageUpdatePolicy == v1alpha1.ImageUpdateRecreate {
		texts = append(texts, fmt.Sprintf("image %s is another one now: %s → %s", in.Desired.Spec.Image, shortID(c.ImageID), shortID(in.ImageID)))
	}
	if r := in.Memory.Recreate; r != nil && r.ContainerID == c.ID && !in.Desired.FromRecord {
		texts = append(texts, r.Cause)
	}
	if !in.Desired.FromRecord {
		texts = append(texts, in.otherVolumes(c)...)
		texts = append(texts, in.movedCauses(c)...)
	}
	return texts
}

// notices are the conditions of the current container beside Ready.
func (in Input) notices(c *engine.Container) []Notice {
	if c == nil || in.Desired == nil {
		return nil
	}
	notices := append(in.sourceNotice(*c), in.gitNotice(*c)...)
	if !in.outdated(*c) {
		return notices
	}
	return append(notices, Notice{
		Type: v1alpha1.ConditionImageOutdated, Reason: v1alpha1.ReasonImageChanged,
		Message: fmt.Sprintf("image %s is %s now, the container was created from %s; `dual-reconciler recreate %s` replaces it",
			in.Desired.Spec.Image, shortID(in.ImageID), shortID(c.ImageID), in.Name),
	})
}

// shortID is an image's id as the docker client shows it.
func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}
