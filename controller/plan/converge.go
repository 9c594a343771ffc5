package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// converge brings the container that matches the desired spec into the desired state, with the smallest repair for
// each deviation.
func (s *situation) converge(p *Plan) {
	target := *s.target // A copy: it is renamed below.
	previous := slices.Concat(s.leftovers, s.dead)
	taken, isTaken := s.nameTaken()
	switch {
	case len(previous) > 0 && isTaken:
		p.Verdict = taken
		p.wake(taken.NextTry)
		return
	case len(previous) > 0 && s.open(KindTidy):
		p.Verdict = Verdict{Reason: v1alpha1.ReasonReplacing, Message: Text{"finishing a replacement that was interrupted"}}
		steps, _ := s.swap(&target, previous)
		p.add(Action{Kind: KindTidy, Cause: "a replacement was interrupted", Steps: steps})
		return
	case !target.up() && slices.ContainsFunc(previous, (*owned).up):
		// The previous container was started again, and two of a workspace never run at a time.
		p.Verdict = s.Memory.Failures[KindTidy].verdict()
		p.wake(p.Verdict.NextTry)
		return
	case target.Name != finalName(s.Name) && len(previous) == 0 && s.open(KindRename):
		p.add(Action{
			Kind: KindRename, Cause: fmt.Sprintf("the container was renamed to %s", target.Name),
			Steps: []Step{{Op: OpRename, Container: target.ref(), To: finalName(s.Name)}},
		})
	}
	target.Name = finalName(s.Name)

	s.convergeLimits(p, &target)
	if s.spec.State == v1alpha1.StateStopped {
		s.convergeStopped(p, &target)
	} else {
		s.convergeRunning(p, &target)
	}
	s.overlayFailures(p)
}

// convergeLimits updates in place, and records changes that need not reach the container.
func (s *situation) convergeLimits(p *Plan, target *owned) {
	have := s.effective(limits(target.record.WorkspaceSpec))
	restarts := false
	if d := target.Details; d != nil {
		have, restarts = s.effective(d.Limits), d.EngineRestarts
	}
	// On an engine with fixed limits the container was recreated for those of the spec, and no update can do more.
	if !s.FixedLimits && (have != s.effective(limits(s.spec)) || restarts) {
		if !s.open(KindUpdate) {
			return
		}
		cause := causes(target.changesOf(func(c specdiff.Class) bool { return c == specdiff.InPlace }))
		p.add(Action{
			Kind: KindUpdate, Cause: cmp.Or(cause, "the container's resources were changed by hand"),
			Applied: s.recordText(target, false),
			Steps:   []Step{{Op: OpUpdate, Container: target.ref(), Limits: limits(s.spec)}},
		})
		return
	}
	// spec.state is recorded by the start or the stop that it causes.
	quiet := target.changesOf(func(c specdiff.Class) bool { return c != specdiff.State })
	if applied := s.recordText(target, false); len(quiet) > 0 && applied != "" {
		p.add(Action{Kind: KindRecord, Cause: causes(quiet), Applied: applied})
	}
}

func (s *situation) convergeStopped(p *Plan, target *owned) {
	if !target.up() {
		p.Verdict = Verdict{Ready: true, Reason: v1alpha1.ReasonStopped, Message: Text{"stopped, as spec.state asks"}}
		s.recordState(p, target)
		return
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonStopping, Message: Text{"stopping, as spec.state asks"}}
	if !s.open(KindStop) {
		return
	}
	p.add(Action{
		Kind: KindStop, Cause: cmp.Or(target.stateCause(), "it runs although spec.state is Stopped"),
		Applied: s.reachedText(target),
		Steps:   s.takeDown(target),
	})
}

func (s *situation) convergeRunning(p *Plan, target *owned) {
	switch target.State {
	case engine.StateCreated:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: Text{"created, not started yet"}}
		s.start(p, Action{Kind: KindStart, Cause: "the container was created but never started"}, target)
	case engine.StatePaused:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonUpdating, Message: Text{"the container is paused"}}
		if s.open(KindUnpause) {
			p.add(Action{
				Kind: KindUnpause, Cause: "the container was paused by hand",
				Steps: []Step{{Op: OpUnpause, Container: target.ref()}},
			})
		}
	case engine.StateExited:
		s.restartAfterExit(p, target)
	default:
		s.keepRunning(p, target)
	}
}

// keepRunning handles the common case. It acts only on a lost network, a restart request, a failed probe, a replaced
// source or a pending setup.
func (s *situation) keepRunning(p *Plan, target *owned) {
	p.Verdict = Verdict{Ready: true, Reason: v1alpha1.ReasonRunning, Message: Text{"container " + target.Name + " runs"}}
	s.recordState(p, target)
	if _, attached := target.On(s.spec.Network); !attached && s.open(KindConnect) {
		p.add(Action{
			Kind: KindConnect, Cause: "the container was disconnected from network " + s.spec.Network,
			Steps: []Step{{Op: OpConnect, Container: target.ref(), Network: s.spec.Network}},
		})
	}
	if s.planRestart(p, target) || s.planSources(p, target) {
		return
	}
	s.planSetup(p, target)
}

// start adds an action that starts the container, with the setup that is pending.
func (s *situation) start(p *Plan, a Action, target *owned) {
	if s.missesBinds(p, a.Cause, "started") || !s.open(KindStart) {
		return
	}
	first := s.spec.Setup != "" && target.State == engine.StateCreated
	a.Applied = s.reachedText(target)
	a.Steps = append(a.Steps, Step{
		Op: OpStart, Container: target.ref(), PendingSetup: first, Helper: s.volumeHelper(target),
	})
	p.add(a)
	if first || s.Memory.PendingSetup == target.ID && s.open(KindSetup) {
		p.add(s.setup(target.ref(), "new container"))
	}
}

// recordState keeps the record true if the desired state was reached without a step of this controller.
func (s *situation) recordState(p *Plan, target *owned) {
	if text := s.reachedText(target); text != "" && target.stateCause() != "" {
		p.add(Action{Kind: KindRecord, Cause: target.stateCause(), Applied: text})
	}
}

// changesOf are the changes of some classes.
func (c *owned) changesOf(is func(specdiff.Class) bool) []specdiff.Change {
	return slices.DeleteFunc(slices.Clone(c.changes), func(ch specdiff.Change) bool { return !is(ch.Class) })
}

// stateCause is the change of spec.state as a text; empty if there is none.
func (c *owned) stateCause() string {
	for _, ch := range c.changes {
		if ch.Class == specdiff.State {
			return ch.String()
		}
	}
	return ""
}

// reachedText is the record of a container that reached the desired state. Limits that could not be set yet stay as
// recorded.
func (s *situation) reachedText(c *owned) string { return s.recordText(c, !s.open(KindUpdate)) }

// recordText is the record of a container once it is as desired; empty if the desired state is that record.
func (s *situation) recordText(c *owned, keepLimits bool) string {
	if s.Desired.FromRecord {
		return ""
	}
	applied := s.Desired.applied()
	applied.GitDirectory = c.record.GitDirectory
	if keepLimits {
		applied.Resources = c.record.Resources
	}
	text, err := applied.Canonical()
	if err != nil {
		return ""
	}
	return text
}

// open reports whether an action of this kind is not backing off.
func (s *situation) open(kind Kind) bool {
	f, failed := s.Memory.Failures[kind]
	return !failed || !f.waits(s.key(), s.Now)
}

// overlayFailures shows the failure that holds back an action, and wakes the plan when it may be tried again.
func (s *situation) overlayFailures(p *Plan) {
	for _, t := range kinds {
		if !t.converges || s.open(t.kind) {
			continue
		}
		f := s.Memory.Failures[t.kind]
		p.wake(f.Next)
		if !p.Mutates() {
			p.Verdict = f.verdict()
		}
		return
	}
}

// missesBinds reports whether sources of binds are missing, and what was planned must wait for them.
func (s *situation) missesBinds(p *Plan, cause, what string) bool {
	missing := s.Desired.missingBinds()
	if len(missing) > 0 {
		p.Verdict = sourcesMissing(cause, what, missing)
	}
	return len(missing) > 0
}

func sourcesMissing(cause, what string, missing []string) Verdict {
	return Verdict{Reason: v1alpha1.ReasonSourceNotFound, Stalled: true, Message: textf(
		"%s; not %s before %s exists on the host", cause, what, strings.Join(missing, ", "))}
}
