package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// FailureKind returns the kind of action that backs off when a step of this action failed. The first start of a new
// container is retried by a start, not by another creation; a container that a repair gave up is created again.
func (a Action) FailureKind(s Step) Kind {
	switch {
	case a.Kind == KindCreate && s.Op == OpStart:
		return KindStart
	case a.Kind == KindTidy && (s.Op == OpStart || s.Op == OpCheckStart) && slices.ContainsFunc(a.Steps, undoneByRemoval):
		return KindRecreate
	}
	return a.Kind
}

func undoneByRemoval(s Step) bool {
	return slices.ContainsFunc(s.Undo, func(u Step) bool { return u.Op == OpRemove })
}

// Fail returns the backoff of an action after one of its steps failed.
func (a Action) Fail(before Backoff, key string, s Step, err error, now time.Time) Backoff {
	b := before.Fail(key, reason(s.Op, err), FailureText(s, err), now)
	stopped := s.Op == OpRename || s.Op == OpStart || s.Op == OpCheckStart
	if a.FailureKind(s) == KindRecreate && stopped || s.Op == OpCheckStart {
		// Each try stops the container that runs, so tries are further apart than those that cost nothing.
		b.Next = now.Add(Delay(b.Failures + 4))
	}
	return b
}

// FailureText returns what a user reads about a failed step: with the container's name, even if the engine's error
// has its id.
func FailureText(s Step, err error) string {
	text := err.Error()
	if errors.Is(err, engine.ErrImageNotFound) && s.Policy != "" {
		text += fmt.Sprintf(", and imagePullPolicy is %s", s.Policy)
	}
	if _, rest, found := strings.Cut(text, ": "); found && s.Op != OpSetup && strings.HasPrefix(text, string(s.Op)+" ") {
		return s.String() + ": " + rest
	}
	return text
}

// reason is the condition's reason of a failed step.
func reason(op Op, err error) string {
	if errors.Is(err, engine.ErrNameInUse) {
		return v1alpha1.ReasonNameConflict
	}
	if reason, ok := failureReasons[op]; ok {
		return reason
	}
	return v1alpha1.ReasonUpdateFailed
}

// failureReasons are the reasons of failed steps, as far as they are not UpdateFailed.
var failureReasons = map[Op]string{
	OpPull:         v1alpha1.ReasonImagePullFailed,
	OpCreate:       v1alpha1.ReasonCreateFailed,
	OpCreateVolume: v1alpha1.ReasonCreateFailed,
	OpStart:        v1alpha1.ReasonStartFailed,
	OpCheckStart:   v1alpha1.ReasonStartFailed,
	OpStop:         v1alpha1.ReasonStopFailed,
	OpRemove:       v1alpha1.ReasonRemoveFailed,
	OpRemoveVolume: v1alpha1.ReasonRemoveFailed,
	OpSetup:        v1alpha1.ReasonSetupFailed,
}
