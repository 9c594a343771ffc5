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

// FailureKind is the kind of action that backs off when a step of this action failed. The first start of a new container
// is tried again by a start, not by another creation; one that a repair gave up is created again.
func (a Action) FailureKind(s Step) Kind {
	switch {
	case a.Kind == KindCreate && s.Op == OpStart:
		return KindStart
	case a.Kind == KindTidy && (s.Op == OpStart || s.Op == OpVerify) && slices.ContainsFunc(a.Steps, undoneByRemoval):
		return KindRecreate
	}
	return a.Kind
}

func undoneByRemoval(s Step) bool {
	return slices.ContainsFunc(s.Undo, func(u Step) bool { return u.Op == OpRemove })
}

// Fail is the backoff of an action after one of its steps failed.
func (a Action) Fail(before Backoff, key string, s Step, err error, now time.Time) Backoff {
	b := before.Fail(key, reason(s.Op, err), FailureText(s, err), now)
	stopped := s.Op == OpRename || s.Op == OpStart || s.Op == OpVerify
	if a.FailureKind(s) == KindRecreate && stopped || s.Op == OpVerify {
		// Each try stops the container that runs, so tries are further apart than where a failure costs nothing.
		b.Next = now.Add(Delay(b.Failures + 4))
	}
	return b
}

// FailureText is what a person reads of a failed step: with the container's name, where the engine's error has its id.
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

func reason(op Op, err error) string {
	if errors.Is(err, engine.ErrNameInUse) {
		return v1alpha1.ReasonNameConflict
	}
	switch op {
	case OpPull:
		return v1alpha1.ReasonImagePullFailed
	case OpStart, OpVerify:
		return v1alpha1.ReasonStartFailed
	case OpStop:
		return v1alpha1.ReasonStopFailed
	case OpRemove, OpRemoveVolume:
		return v1alpha1.ReasonRemoveFailed
	case OpSetup:
		return v1alpha1.ReasonSetupFailed
	case OpCreate, OpCreateVolume:
		return v1alpha1.ReasonCreateFailed
	default:
		return v1alpha1.ReasonUpdateFailed
	}
}

// Progress is the reason to show while an action runs, and for pulls and setups while that step does.
func (a Action) Progress(s Step) string {
	switch {
	case s.Op == OpPull:
		return v1alpha1.ReasonPulling
	case s.Op == OpSetup:
		return v1alpha1.ReasonSettingUp
	case a.Kind == KindCreate:
		return v1alpha1.ReasonCreating
	case a.Kind == KindRecreate || a.Kind == KindTidy:
		return v1alpha1.ReasonReplacing
	case a.Kind == KindStart || a.Kind == KindRestart:
		return v1alpha1.ReasonStarting
	case a.Kind == KindStop:
		return v1alpha1.ReasonStopping
	case a.Kind == KindRemove:
		return v1alpha1.ReasonRemoving
	default:
		return v1alpha1.ReasonUpdating
	}
}
