package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
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

// planSetup runs the setup that a running container owes, unless it runs already.
func (in Input) planSetup(p *Plan, target engine.Container, spec v1alpha1.WorkspaceSpec) {
	if in.Memory.SetupDue != target.ID || spec.Setup == "" {
		return
	}
	p.Verdict = Verdict{Reason: v1alpha1.ReasonSettingUp, Message: "running setup", Reconciling: true}
	if run := in.Setup; run != nil && run.Container.ID == target.ID {
		p.SetupLimit = setupLimit(spec)
		p.Verdict.Message = fmt.Sprintf("setup has been running since %s; its limit is %s",
			run.Since.Local().Format(time.TimeOnly), p.SetupLimit)
		return
	}
	if in.open(KindSetup) {
		p.add(in.setup(spec, ref(target), "the container's setup is not known to have succeeded"))
	}
}

// endSetup ends a setup that runs before the first action that stops its container or makes another: two never run at a time,
// and what a stop cuts off has not failed.
func (in Input) endSetup(p *Plan) {
	if in.Setup == nil {
		return
	}
	for i, a := range p.Actions {
		if slices.ContainsFunc(a.Steps, endsSetup) {
			p.Actions[i].Steps = slices.Insert(slices.Clone(a.Steps), 0, Step{Op: OpEndSetup, Container: in.Setup.Container})
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
