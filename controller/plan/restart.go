package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

// restartAfterExit starts what ran and died: at once the first time, then with backoff.
func (in Input) restartAfterExit(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	exit := in.exitText(target)
	if cause := in.stateCause(target, ""); cause != "" {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: cause}
		in.start(p, Action{Kind: KindStart, Cause: cause}, target, spec)
		return
	}
	failed := target.Details != nil && (target.Details.ExitCode != 0 || target.Details.OOMKilled)
	if in.Memory.RestartRequest == "" {
		switch {
		case spec.RestartPolicy == v1alpha1.RestartNever && failed:
			p.Verdict = Verdict{Reason: v1alpha1.ReasonExited, Message: exit + "; restartPolicy is Never", Stalled: true}
			return
		case spec.RestartPolicy != v1alpha1.RestartAlways && !failed:
			p.Verdict = Verdict{Ready: true, Reason: v1alpha1.ReasonCompleted, Message: exit + "; restartPolicy is " + string(spec.RestartPolicy)}
			return
		}
		if at := in.crashUntil(); in.Now.Before(at) {
			p.Verdict = Verdict{
				Reason: v1alpha1.ReasonCrashLoopBackOff, Stalled: true, NextTry: at,
				Message: fmt.Sprintf("%s, %s so far; next try at %s%s", exit, count.Of(int(in.Memory.Restarts), "restart"), at.Local().Format(time.TimeOnly),
					in.shellHint(target, spec)),
			}
			p.wake(at)
			return
		}
	}
	cause := exit + in.shellHint(target, spec)
	if in.Memory.RestartRequest != "" {
		cause = in.Memory.RestartRequest
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: cause}
	in.start(p, Action{Kind: KindStart, Cause: cause, Restart: true, Crash: in.Memory.RestartRequest == ""}, target, spec)
}

// planRestart restarts a running container on a person's request or after its probe failed for good.
func (in Input) planRestart(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) bool {
	a := Action{Kind: KindRestart, Restart: true}
	switch u := in.Memory.Unhealthy; {
	case in.Memory.RestartRequest != "":
		a.Cause = in.Memory.RestartRequest
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: a.Cause}
	case u != nil && u.ContainerID == target.ID && spec.LivenessProbe != nil:
		a.Cause, a.Crash = u.Message, true
		p.Verdict = Verdict{Reason: v1alpha1.ReasonUnhealthy, Message: u.Message}
		if at := in.after(u.SeenAt, in.crashDelay()); in.Now.Before(at) {
			p.Verdict.Stalled, p.Verdict.NextTry = true, at
			p.Verdict.Message += "; next restart at " + at.Local().Format(time.TimeOnly)
			p.wake(at)
			return true
		}
	default:
		return false
	}
	if len(in.Desired.Missing) > 0 {
		// It would be stopped, and could not be started again.
		p.Verdict = Verdict{Reason: v1alpha1.ReasonSourceNotFound, Stalled: true, Message: fmt.Sprintf(
			"%s; not restarted before %s exists on the host", a.Cause, strings.Join(in.Desired.Missing, ", "))}
		return true
	}
	if in.open(KindRestart) {
		a.Steps = append(takeDown(target, in.grace(target)), Step{Op: OpStart, Container: ref(target)})
		p.add(a)
	}
	return true
}

// crashUntil is when the container may be started again after its last exit.
func (in Input) crashUntil() time.Time { return in.after(in.Memory.Exit.SeenAt, in.crashDelay()) }

func (in Input) crashDelay() time.Duration {
	if in.Memory.Crash.For != in.key() {
		return 0
	}
	return Delay(in.Memory.Crash.Failures)
}

// endsAtOnce is how long an image's command may have run for its end to be called immediate.
const endsAtOnce = 5 * time.Second

// shellHint says what to do where the image's own command ends at once and successfully: it mostly is a shell, which ends
// where nobody types.
func (in Input) shellHint(c engine.Container, spec v1alpha1.WorkspaceSpec) string {
	d := c.Details
	if d == nil || d.ExitCode != 0 || d.OOMKilled || d.StartedAt.IsZero() || d.FinishedAt.Sub(d.StartedAt) >= endsAtOnce ||
		len(spec.Command) > 0 || len(spec.Args) > 0 || spec.RestartPolicy != v1alpha1.RestartAlways {
		return ""
	}
	return "; the image's command ends at once: set spec.command"
}

func (in Input) exitText(c engine.Container) string {
	if c.Details == nil {
		return "the container exited"
	}
	text := fmt.Sprintf("exited with code %d", c.Details.ExitCode)
	record, _ := in.record(c)
	if fault := exitFault(c); fault != "" && *defaulted(record.WorkspaceSpec, in.Name).Init {
		return text + ": the command " + fault
	}
	if c.Details.OOMKilled {
		text = "killed for using more memory than its limit"
	}
	if !c.Details.StartedAt.IsZero() {
		text += fmt.Sprintf(" after %s", c.Details.FinishedAt.Sub(c.Details.StartedAt).Round(100*time.Millisecond))
	}
	return text
}
