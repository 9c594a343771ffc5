package docker

import (
	"context"
	"math"

	"github.com/docker/docker/api/types/container"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

const (
	core = 1_000_000_000
	// period of the CPU quota, the kernel's default, in microseconds.
	period = 100_000
	// noMemoryLimit stands for a removed limit: the API has no removal, and engines refuse -1 below their minimum. The
	// swap limit is twice as much, as with each other limit, and must be spelt out: engines drop a -1 on their way to the
	// kernel, which then refuses a memory limit above the old swap limit.
	noMemoryLimit = int64(1) << 61
	// hugeMemory is where a limit stops being one: also what others write for unlimited.
	hugeMemory = int64(1) << 60
)

// Update sets all limits and takes the engine's restart policy away. It inspects first: a limit that is not there must
// not be "removed", and a quota that somebody set by hand can only be replaced by a quota.
func (e *Engine) Update(ctx context.Context, id string, limits engine.Limits) error {
	doing := "update container " + engine.ShortID(id)
	current, err := e.inspect(ctx, id)
	if err != nil {
		return err
	}
	cpus, err := e.cores(ctx)
	if err != nil {
		return err
	}
	return e.call(ctx, doing, func(cli *connection) error {
		if cli.fixedLimits {
			return fail(engine.ErrInvalid, "%s: this engine cannot change the limits of a container", doing)
		}
		_, err := cli.ContainerUpdate(ctx, id, container.UpdateConfig{
			Resources:     updatedResources(limits, current.HostConfig.Resources, cpus),
			RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		})
		return err
	})
}

// toResources are the limits of a new container. All cores, or more, are no limit: the engine refuses more than it has.
func toResources(l engine.Limits, cpus int) container.Resources {
	var r container.Resources
	if l.CPU > 0 && l.CPU < int64(cpus)*core {
		r.NanoCPUs = l.CPU
	}
	if l.Memory > 0 {
		r.Memory, r.MemorySwap = l.Memory, swap(l.Memory)
	}
	if l.PIDs > 0 {
		r.PidsLimit = &l.PIDs
	}
	return r
}

// updatedResources turns current into limits, where zero means "as it was" to the engine.
func updatedResources(l engine.Limits, current container.Resources, cpus int) container.Resources {
	r := toResources(l, cpus)
	if r.NanoCPUs == 0 && fromResources(current, cpus).CPU != 0 {
		r.NanoCPUs = int64(cpus) * core
	}
	if r.NanoCPUs != 0 && (current.CPUQuota != 0 || current.CPUPeriod != 0) {
		r.CPUPeriod, r.CPUQuota = period, r.NanoCPUs/(core/period)
		r.NanoCPUs = 0
	}
	if r.Memory == 0 && current.Memory > 0 {
		r.Memory, r.MemorySwap = noMemoryLimit, swap(noMemoryLimit)
	}
	if r.PidsLimit == nil && current.PidsLimit != nil {
		unlimited := int64(-1)
		r.PidsLimit = &unlimited
	}
	return r
}

func fromResources(r container.Resources, cpus int) engine.Limits {
	var l engine.Limits
	l.CPU = r.NanoCPUs
	if l.CPU == 0 && r.CPUQuota > 0 {
		p := r.CPUPeriod
		if p == 0 {
			p = period
		}
		l.CPU = r.CPUQuota * (core / 1000) / p * 1000 // In integers: 410,000 of 100,000 is 4.1, and not a little less.
	}
	if l.CPU < 0 || l.CPU >= int64(cpus)*core {
		l.CPU = 0
	}
	if r.Memory > 0 && r.Memory < hugeMemory {
		l.Memory = r.Memory
	}
	if r.PidsLimit != nil && *r.PidsLimit > 0 {
		l.PIDs = *r.PidsLimit
	}
	return l
}

// swap is Docker's default for memory plus swap, spelt out so that a later update can raise both.
func swap(memory int64) int64 {
	if memory > math.MaxInt64/2 {
		return -1
	}
	return 2 * memory
}
