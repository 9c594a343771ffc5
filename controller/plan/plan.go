package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// Plan is what to do about one workspace, and its state meanwhile.
type Plan struct {
	Name    string
	Actions []Action
	// Verdict is the state before the actions.
	Verdict Verdict
	// Wake is when the plan may change although nothing else happened; zero for never.
	Wake time.Time
	// Key identifies the desired spec: failures under another key are forgotten.
	Key string
	// Waiting are the kinds of actions that back off now, sorted.
	Waiting []Kind
	// WaitingKey identifies a spec that is blocked, for example by a failed pull, while the previous container is
	// kept. Key then identifies that container's record; failures under either key count. Empty if nothing is blocked
	// so.
	WaitingKey string
	// Current is the container that the workspace is about now, and LastApplied its record; nil and zero if there is
	// none.
	Current     *engine.Container
	LastApplied specdiff.LastApplied
	// SetupLimit is the time that the setup that runs now may take from its start; zero if none runs.
	SetupLimit time.Duration
}

// Action is one change with one cause. Its steps depend on each other in order: when one fails the rest is left out,
// and so are the plan's later actions.
type Action struct {
	Kind  Kind
	Cause string
	Steps []Step
	// Applied is the last-applied spec once the action is done; empty if it stays.
	Applied string
	// Reclaim are the volumes to remove after the containers; remembered before the first step.
	Reclaim []string
	// Sources are the identities of replaced sources, by target, that the action mounts.
	Sources map[string]string
	// Restart is set if the action counts as a restart, and Crash if it counts against the backoff.
	Restart, Crash bool
}

// Verdict is the Ready condition of a workspace, before the actions of its plan.
type Verdict struct {
	Ready bool
	// Reason is one of the API's; Message a sentence.
	Reason  string
	Message Text
	// Stalled is set if it will not get better by itself, or backs off until NextTry.
	Stalled bool
	NextTry time.Time
	// Reconciling is set if something is being done beside the reconciles.
	Reconciling bool
	// Notices are further conditions that are true.
	Notices []Notice
}

// Mutates reports whether the plan would change anything on the engine.
func (p Plan) Mutates() bool {
	for _, a := range p.Actions {
		if len(a.Steps) > 0 {
			return true
		}
	}
	return false
}

// Replaces reports whether the plan puts a new container in the place of the current one.
func (p Plan) Replaces() bool {
	return slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == KindRecreate })
}

// causes returns the actions in short.
func (p Plan) causes() string {
	var texts []string
	for _, a := range p.Actions {
		if len(a.Steps) > 0 {
			texts = append(texts, fmt.Sprintf("%s (%s)", a.Kind, a.Cause))
		}
	}
	return strings.Join(texts, ", ")
}

func (p *Plan) add(a Action) { p.Actions = append(p.Actions, a) }

// wake keeps the earliest time.
func (p *Plan) wake(t time.Time) {
	if !t.IsZero() && (p.Wake.IsZero() || t.Before(p.Wake)) {
		p.Wake = t
	}
}
