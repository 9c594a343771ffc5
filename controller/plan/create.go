package plan

import (
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// replace plans a new container. Everything that can fail for long (the pull, the creation) happens while the one in force
// still runs; only then is that stopped, and started again if the new one does not start.
func (in Input) replace(p *Plan, kind Kind, cause string, c choice) {
	spec := in.spec()
	last := c.current
	if last == nil && len(c.dead) > 0 {
		last = &c.dead[0]
	}
	asked := in.Desired.applied()
	git, gains := in.gitDirectory(last)
	if asked.GitDirectory = git; gains != "" {
		cause += ", " + gains
	}
	applied, err := asked.Canonical()
	if err != nil {
		p.Verdict = Verdict{Reason: v1alpha1.ReasonCreateFailed, Message: err.Error(), Stalled: true}
		return
	}
	a := Action{Kind: kind, Cause: cause, Applied: applied}
	before := c.dead
	if c.current != nil {
		a.Sources = identities(in.due(*c.current))
		before = append([]engine.Container{*c.current}, before...)
	}

	// Leftovers may hold the names that are needed now. None of them is in force.
	current := ref(engine.Container{})
	if c.current != nil {
		current = ref(*c.current)
	}
	for _, left := range c.rest {
		a.Steps = append(a.Steps, takeDown(left, in.grace(left))...)
		a.Steps = append(a.Steps, Step{Op: OpRemove, Container: ref(left), Discard: left.State == engine.StateCreated})
	}
	if c.current != nil && current.Name == nextName(in.Name) {
		a.Steps = append(a.Steps, Step{Op: OpRename, Container: current, To: finalName(in.Name)})
		current.Name = finalName(in.Name)
		before[0].Name = current.Name
	}

	prepare := in.prepare(spec)
	if in.leftDown(c) && slices.ContainsFunc(prepare, func(s Step) bool { return s.Op == OpPull }) {
		a.Steps = append(a.Steps, Step{Op: OpStart, Container: current})
		before[0].State = engine.StateRunning
	}
	a.Steps = append(a.Steps, prepare...)
	fresh := Ref{Name: finalName(in.Name)}
	if len(before) > 0 {
		fresh.Name = nextName(in.Name)
	}
	create := Step{Op: OpCreate, Container: fresh, Create: in.containerSpec(spec, fresh.Name, applied, before)}
	if git != nil {
		create.Create.Mounts = append(create.Create.Mounts, engine.Mount{Type: engine.MountBind, Source: git.Source, Target: git.Target})
	}
	swap, back := in.swap(spec, engine.Container{Name: fresh.Name, State: engine.StateCreated}, before)
	// Where there is no way back, the undo of a late failure would remove the only container that is left.
	if back {
		create.Undo = []Step{{Op: OpRemove, Container: fresh, Discard: true}}
	}
	a.Steps = append(a.Steps, create)
	a.Steps = append(a.Steps, swap...)
	p.add(a)
	if spec.Setup != "" && spec.State == v1alpha1.StateRunning {
		p.add(in.setup(spec, Ref{Name: finalName(in.Name)}, "new container"))
	}
}

// leftDown reports whether an interrupted replacement stopped the container in force and got no further: a pull for the next
// one may take long, and it is wanted meanwhile.
func (in Input) leftDown(c choice) bool {
	if c.current == nil || c.current.State != engine.StateExited || len(c.rest) == 0 || exitFault(*c.current) != "" {
		return false
	}
	record, _ := in.record(*c.current)
	was := defaulted(record.WorkspaceSpec, in.Name)
	return in.spec().State == v1alpha1.StateRunning && was.State == v1alpha1.StateRunning && was.RestartPolicy == v1alpha1.RestartAlways
}

// prepare makes what the container needs: its image and its named volumes. A volume that exists is left as it is.
func (in Input) prepare(spec v1alpha1.WorkspaceSpec) []Step {
	var steps []Step
	asked := in.Memory.Recreate != nil && in.Memory.Recreate.Pull
	if spec.ImagePullPolicy == v1alpha1.PullAlways || !in.ImagePresent || asked {
		steps = append(steps, Step{Op: OpPull, Image: spec.Image, Policy: spec.ImagePullPolicy})
	}
	for _, m := range spec.Mounts {
		if m.Type == v1alpha1.MountVolume {
			steps = append(steps, Step{Op: OpCreateVolume, Volume: m.Name, Labels: in.labels(map[string]string{})})
		}
	}
	return steps
}

// takeDown stops a container that is up. A frozen process cannot react to the signal, so it is thawed first.
func takeDown(c engine.Container, grace time.Duration) []Step {
	if !up(c) {
		return nil
	}
	var steps []Step
	if c.State == engine.StatePaused {
		steps = append(steps, Step{Op: OpUnpause, Container: ref(c)})
	}
	return append(steps, Step{Op: OpStop, Container: ref(c), Grace: grace})
}

// grace is the container's own: the one that it was made with, or that was recorded since.
func (in Input) grace(c engine.Container) time.Duration {
	record, _ := in.record(c)
	spec := defaulted(record.WorkspaceSpec, in.Name)
	return time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second
}

func (in Input) setup(spec v1alpha1.WorkspaceSpec, r Ref, cause string) Action {
	return Action{Kind: KindSetup, Cause: cause, Steps: []Step{{
		Op: OpSetup, Container: r, Command: []string{"sh", "-c", spec.Setup}, Timeout: setupLimit(spec),
	}}}
}
