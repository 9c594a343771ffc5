package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// converge brings the container that matches the desired spec into the desired state, each deviation by its smallest cure.
func (in Input) converge(p *Plan, c choice) {
	target := *c.target
	spec := in.spec()
	leftovers := append(slices.Clone(c.rest), c.dead...)
	taken, isTaken := in.nameTaken()
	switch {
	case len(leftovers) > 0 && isTaken:
		p.Verdict = taken
		p.wake(taken.NextTry)
		return
	case len(leftovers) > 0 && in.open(KindTidy):
		p.Verdict = Verdict{Reason: v1alpha1.ReasonReplacing, Message: "finishing a replacement that was interrupted"}
		steps, _ := in.swap(spec, target, leftovers)
		p.add(Action{
			Kind: KindTidy, Cause: "a replacement was interrupted",
			Steps: steps,
		})
		return
	case !up(target) && slices.ContainsFunc(leftovers, up):
		// The one before was brought back, and two of a workspace never run at a time.
		p.Verdict = in.Memory.Failures[KindTidy].verdict()
		p.wake(p.Verdict.NextTry)
		return
	case target.Name != finalName(in.Name) && len(leftovers) == 0 && in.open(KindRename):
		p.add(Action{
			Kind: KindRename, Cause: fmt.Sprintf("the container was renamed to %s", target.Name),
			Steps: []Step{{Op: OpRename, Container: ref(target), To: finalName(in.Name)}},
		})
	}
	target.Name = finalName(in.Name)

	in.convergeLimits(p, target, spec)
	if spec.State == v1alpha1.StateStopped {
		in.convergeStopped(p, target)
	} else {
		in.convergeRunning(p, target, spec)
	}
	in.overlayFailures(p)
}

// convergeLimits updates in place, and records changes that need not reach the container.
func (in Input) convergeLimits(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	changes := in.changes(target)
	record, _ := in.record(target)
	have := in.effective(limits(record.WorkspaceSpec))
	byHand := false
	if target.Details != nil {
		seen := in.effective(target.Details.Limits)
		byHand = seen != have || target.Details.EngineRestarts
		have = seen
	}
	want := in.effective(limits(spec))
	keeps := in.Desired.applied()
	keeps.GitDirectory = record.GitDirectory
	applied, err := keeps.Canonical()
	if err != nil || in.Desired.FromRecord {
		applied = ""
	}
	// Where limits are fixed, the container was recreated for those that the spec asks for, and no update can do more.
	if !in.FixedLimits && (have != want || byHand && target.Details.EngineRestarts) {
		if !in.open(KindUpdate) {
			return
		}
		inPlace := slices.DeleteFunc(slices.Clone(changes), func(ch v1alpha1.Change) bool { return ch.Class != v1alpha1.ChangeInPlace })
		cause := causes(inPlace)
		if cause == "" {
			cause = "the container's resources were changed by hand"
		}
		p.add(Action{
			Kind: KindUpdate, Cause: cause, Applied: applied,
			Steps: []Step{{Op: OpUpdate, Container: ref(target), Limits: limits(spec)}},
		})
		return
	}
	// spec.state is recorded by the start or the stop that it causes.
	quiet := slices.DeleteFunc(slices.Clone(changes), func(ch v1alpha1.Change) bool { return ch.Class == v1alpha1.ChangeState })
	if len(quiet) > 0 && applied != "" {
		p.add(Action{Kind: KindRecord, Cause: causes(quiet), Applied: applied})
	}
}

func (in Input) convergeStopped(p *Plan, target engine.Container) {
	if !up(target) {
		p.Verdict = Verdict{Ready: true, Reason: v1alpha1.ReasonStopped, Message: "stopped, as spec.state asks"}
		in.recordState(p, target)
		return
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonStopping, Message: "stopping, as spec.state asks"}
	if !in.open(KindStop) {
		return
	}
	p.add(Action{
		Kind: KindStop, Cause: in.stateCause(target, "it runs although spec.state is Stopped"), Applied: in.appliedText(target),
		Steps: takeDown(target, in.grace(target)),
	})
}

func (in Input) convergeRunning(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	switch target.State {
	case engine.StateCreated:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: "created, not started yet"}
		in.start(p, Action{Kind: KindStart, Cause: "the container was created but never started"}, target, spec)
	case engine.StatePaused:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonUpdating, Message: "the container is paused"}
		if in.open(KindUnpause) {
			p.add(Action{
				Kind: KindUnpause, Cause: "the container was paused by hand",
				Steps: []Step{{Op: OpUnpause, Container: ref(target)}},
			})
		}
	case engine.StateExited:
		in.restartAfterExit(p, target, spec)
	default:
		in.keepRunning(p, target, spec)
	}
}

// keepRunning is the case that there mostly is: a container that runs. Nothing to do but for a drifted network, a due setup,
// a failed probe, or a person's wish.
func (in Input) keepRunning(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	p.Verdict = Verdict{Ready: true, Reason: v1alpha1.ReasonRunning, Message: "container " + target.Name + " runs"}
	in.recordState(p, target)
	if _, attached := target.On(spec.Network); !attached && in.open(KindConnect) {
		p.add(Action{
			Kind: KindConnect, Cause: "the container was disconnected from network " + spec.Network,
			Steps: []Step{{Op: OpConnect, Container: ref(target), Network: spec.Network}},
		})
	}
	if in.planRestart(p, target, spec) {
		return
	}
	if in.planSources(p, target) {
		return
	}
	in.planSetup(p, target, spec)
}

func (in Input) start(p *Plan, a Action, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	if missing := in.missingBinds(); len(missing) > 0 {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonSourceNotFound, Stalled: true, Message: fmt.Sprintf(
			"%s; not started before %s exists on the host", a.Cause, strings.Join(missing, ", "))}
		return
	}
	if !in.open(KindStart) {
		return
	}
	due := spec.Setup != "" && target.State == engine.StateCreated
	a.Applied = in.appliedText(target)
	a.Steps = append(a.Steps, Step{Op: OpStart, Container: ref(target), SetupDue: due, Helper: in.volumeHelper(spec, target)})
	p.add(a)
	if due || in.Memory.SetupDue == target.ID && in.open(KindSetup) {
		p.add(in.setup(spec, ref(target), "new container"))
	}
}

// recordState keeps the record true where the wanted state was reached without a step of ours.
func (in Input) recordState(p *Plan, target engine.Container) {
	if text := in.appliedText(target); text != "" && in.stateCause(target, "") != "" {
		p.add(Action{Kind: KindRecord, Cause: in.stateCause(target, ""), Applied: text})
	}
}

// stateCause is the change of spec.state, or otherwise where there is none.
func (in Input) stateCause(target engine.Container, otherwise string) string {
	for _, ch := range in.changes(target) {
		if ch.Class == v1alpha1.ChangeState {
			return ch.String()
		}
	}
	return otherwise
}

// appliedText is the record once the wanted state is reached. Limits that could not be set yet stay as they are recorded.
func (in Input) appliedText(target engine.Container) string {
	if in.Desired.FromRecord {
		return ""
	}
	applied := in.Desired.applied()
	record, _ := in.record(target)
	applied.GitDirectory = record.GitDirectory
	if !in.open(KindUpdate) {
		applied.Resources = record.Resources
	}
	text, _ := applied.Canonical()
	return text
}

// open reports whether an action of this kind is not backing off.
func (in Input) open(kind Kind) bool {
	f, failed := in.Memory.Failures[kind]
	return !failed || !f.waits(in.key(), in.Now) // The key costs more than all the rest of a plan.
}

// overlayFailures lets the failure show that holds back an action, and wakes the plan when it may be tried again.
func (in Input) overlayFailures(p *Plan) {
	for _, t := range kinds {
		if !t.converges || in.open(t.kind) {
			continue
		}
		f := in.Memory.Failures[t.kind]
		p.wake(f.Next)
		if len(p.Actions) == 0 || !p.Mutates() {
			p.Verdict = f.verdict()
		}
		return
	}
}
