package plan

import (
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

// restartAfterExit starts what ran and died: at once the first time, then with backoff.
func (s *situation) restartAfterExit(p *Plan, target *owned) {
	if cause := target.stateCause(); cause != "" {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: Text{cause}}
		s.start(p, Action{Kind: KindStart, Cause: cause}, target)
		return
	}
	cause := target.exitText(s.Name) + target.shellHint(s.spec)
	requested := s.Memory.RestartRequest != ""
	if requested {
		cause = s.Memory.RestartRequest
	} else if s.staysExited(p, target) {
		return
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: Text{cause}}
	s.start(p, Action{Kind: KindStart, Cause: cause, Restart: true, Crash: !requested}, target)
}

// staysExited reports whether a container that exited is not started now, because of its restart policy or its backoff.
func (s *situation) staysExited(p *Plan, target *owned) bool {
	exit, policy := target.exitText(s.Name), s.spec.RestartPolicy
	failed := target.Details != nil && (target.Details.ExitCode != 0 || target.Details.OOMKilled)
	switch {
	case policy == v1alpha1.RestartNever && failed:
		p.Verdict = Verdict{Reason: v1alpha1.ReasonExited, Message: Text{exit + "; restartPolicy is Never"}, Stalled: true}
		return true
	case policy != v1alpha1.RestartAlways && !failed:
		p.Verdict = Verdict{
			Ready: true, Reason: v1alpha1.ReasonCompleted, Message: Text{exit, "; restartPolicy is ", policy},
		}
		return true
	}
	at := s.after(s.Memory.Exit.SeenAt, s.crashDelay())
	if !s.Now.Before(at) {
		return false
	}
	p.Verdict = Verdict{
		Reason: v1alpha1.ReasonCrashLoopBackOff, Stalled: true, NextTry: at,
		Message: textf("%s, %s so far; next try at ", exit, count.Of(int(s.Memory.Restarts), "restart")).
			and(at, target.shellHint(s.spec)),
	}
	p.wake(at)
	return true
}

// planRestart restarts a running container on a user's request or after its probe failed for good.
func (s *situation) planRestart(p *Plan, target *owned) bool {
	a := Action{Kind: KindRestart, Restart: true}
	switch u := s.Memory.Unhealthy; {
	case s.Memory.RestartRequest != "":
		a.Cause = s.Memory.RestartRequest
		p.Verdict = Verdict{Reason: v1alpha1.ReasonStarting, Message: Text{a.Cause}}
	case u != nil && u.ContainerID == target.ID && s.spec.LivenessProbe != nil:
		a.Cause, a.Crash = u.Message, true
		p.Verdict = Verdict{Reason: v1alpha1.ReasonUnhealthy, Message: Text{u.Message}}
		if at := s.after(u.SeenAt, s.crashDelay()); s.Now.Before(at) {
			p.Verdict.Stalled, p.Verdict.NextTry = true, at
			p.Verdict.Message = p.Verdict.Message.and("; next restart at ", at)
			p.wake(at)
			return true
		}
	default:
		return false
	}
	if missing := s.Desired.Missing; len(missing) > 0 { // It would be stopped, and could not be started again.
		p.Verdict = sourcesMissing(a.Cause, "restarted", missing)
		return true
	}
	if s.open(KindRestart) {
		a.Steps = s.restart(target)
		p.add(a)
	}
	return true
}

// crashDelay is how long a container waits for its next start after an exit, or for its restart after a failed probe.
func (s *situation) crashDelay() time.Duration {
	if s.Memory.Crash.For != s.key() {
		return 0
	}
	return Delay(s.Memory.Crash.Failures)
}

// endsAtOnce is how long an image's command may have run for its end to be called immediate.
const endsAtOnce = 5 * time.Second

// shellHint is the advice for an image whose own command ends at once and successfully: it is mostly a shell, which
// ends because it has no terminal.
func (c *owned) shellHint(spec v1alpha1.WorkspaceSpec) string {
	d := c.Details
	if d == nil || d.ExitCode != 0 || d.OOMKilled || d.StartedAt.IsZero() || d.FinishedAt.Sub(d.StartedAt) >= endsAtOnce ||
		len(spec.Command) > 0 || len(spec.Args) > 0 || spec.RestartPolicy != v1alpha1.RestartAlways {
		return ""
	}
	return "; the image's command ends at once: set spec.command"
}

func (c *owned) exitText(workspace string) string {
	if c.Details == nil {
		return "the container exited"
	}
	text := fmt.Sprintf("exited with code %d", c.Details.ExitCode)
	if fault := c.exitFault(); fault != "" && *c.recordedSpec(workspace).Init {
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
