package plan

import (
	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// limits are those that a spec asks for; zero for none.
func limits(spec v1alpha1.WorkspaceSpec) engine.Limits {
	var l engine.Limits
	if q := spec.Resources.Limits.CPU; q != nil {
		l.CPU = q.ScaledValue(-9)
	}
	if q := spec.Resources.Limits.Memory; q != nil {
		l.Memory = q.Value()
	}
	if n := spec.Resources.Limits.PIDs; n != nil {
		l.PIDs = *n
	}
	return l
}

// cpuStep is the precision of a CPU limit: engines keep it as microseconds of a period of 100 ms.
const cpuStep = 10_000

// effective are the limits as the engine reports them: more CPU than it has is no limit, and a difference below its
// precision is none.
func (in Input) effective(l engine.Limits) engine.Limits {
	l.CPU -= l.CPU % cpuStep
	if in.CPUs > 0 && l.CPU >= int64(in.CPUs)*1e9 {
		l.CPU = 0
	}
	return l
}
