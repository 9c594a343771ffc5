package plan

import (
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// SetupRun is a setup that runs now. No plan waits for it: healing and requests go on beside it.
type SetupRun struct {
	// Container that it runs in.
	Container Ref
	Since     time.Time
}

func setupLimit(spec v1alpha1.WorkspaceSpec) time.Duration {
	return time.Duration(spec.SetupTimeoutSeconds) * time.Second
}

// planSetup runs the pending setup of a running container, unless it runs already.
func (s *situation) planSetup(p *Plan, target *owned) {
	if s.Memory.PendingSetup != target.ID || s.spec.Setup == "" {
		return
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonSettingUp, Message: Text{"running setup"}, Reconciling: true}
	if s.setsUp(target) {
		p.SetupLimit = setupLimit(s.spec)
		p.Verdict.Message = Text{"setup has been running since ", s.Setup.Since, "; its limit is ", p.SetupLimit}
		return
	}
	if s.open(KindSetup) {
		p.add(s.setup(target.ref(), "the container's setup is not known to have succeeded"))
	}
}

// setsUp reports whether a setup runs in the container now.
func (s *situation) setsUp(c *owned) bool { return s.Setup != nil && s.Setup.Container.ID == c.ID }

// endSetup ends a setup that runs before the first action that stops its container or makes another: two never run at
// a time, and a setup that a stop interrupts has not failed.
func (s *situation) endSetup(p *Plan) {
	if s.Setup == nil {
		return
	}
	for i, a := range p.Actions {
		if slices.ContainsFunc(a.Steps, endsSetup) {
			p.Actions[i].Steps = slices.Insert(slices.Clone(a.Steps), 0, Step{Op: OpEndSetup, Container: s.Setup.Container})
			return
		}
	}
}

func endsSetup(s Step) bool {
	switch s.Op {
	case OpStop, OpStart, OpCreate, OpRemove, OpSetup:
		return true
	default:
		return false
	}
}
