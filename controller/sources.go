package controller

import (
	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Files are the files of the machine that the engine runs on.
type Files interface {
	Look(path string) hostfile.File
	// Real is the path without links; empty where it does not exist.
	Real(path string) string
	Settling(path string) hostfile.Settling
	// Mounts compares what a container's process has mounted with paths, by target.
	Mounts(pid int, container string, binds map[string]string) map[string]hostfile.Mount
}

// sources completes a plan's input by what the sources of binds are now.
func (c *Controller) sources(in *plan.Input, checked map[string]string) {
	if !c.connection.engineInfo().Local {
		return
	}
	in.Settle = c.settle
	for _, b := range plan.NeedsOf(*in).Binds {
		f := c.Files.Look(b.Path)
		in.Sources = append(in.Sources, plan.Source{
			Bind: b, ID: f.ID.String(), Missing: f.Missing, Dir: f.Dir, Checked: checked[b.Path],
		})
	}
}

// mounted completes the sources by what the current container has mounted, where it may be something else.
func (c *Controller) mounted(in *plan.Input) {
	needs := plan.NeedsOf(*in)
	current := needs.Current
	if current == nil {
		return
	}
	created := map[string]string{}
	for _, b := range current.Binds {
		created[b.Target] = b.Source
	}
	var mounts map[string]hostfile.Mount
	if d := current.Details; needs.Mounts && d != nil && d.PID > 0 {
		binds := map[string]string{}
		for _, s := range in.Sources {
			binds[s.Target] = s.Path
		}
		mounts = c.Files.Mounts(d.PID, current.ID, binds)
	}
	for i := range in.Sources {
		s := &in.Sources[i]
		s.Mounted = plan.Mounted(mounts[s.Target])
		if path := created[s.Target]; path != "" {
			s.Restarted = c.restarted(path)
		}
		at, was := in.Memory.StartedWith(*current, s.Target)
		if !was || s.ID == "" || at.ID == s.ID {
			continue
		}
		if s.Mounted == "" && at.Real != "" && c.Files.Look(at.Real).ID.String() == at.ID {
			s.Mounted = plan.MountedOther // It is where it was, and a link leads elsewhere now.
		}
		settling := c.Files.Settling(s.Path)
		s.Empty, s.Changed, s.Busy = settling.Empty, settling.Changed, settling.Busy
	}
}

// restarted is what a start mounts of a path that a container was created with. A start that would follow a link is refused.
func (c *Controller) restarted(path string) string {
	if real := c.Files.Real(path); real != path {
		return "a link to " + real
	}
	return c.Files.Look(path).ID.String()
}

// starting remembers what has to be known of a container before its start: what it mounts, and that it owes a setup.
func (x *execution) starting(id string, s plan.Step) {
	var sources *plan.Sources
	if len(s.Sources) > 0 {
		sources = x.noted(id, s.Sources)
	}
	x.remember(func(m plan.Memory) plan.Memory {
		if s.PendingSetup {
			x.setupBefore = m.PendingSetup
		}
		return m.Starting(s, id, sources)
	})
}

func (x *execution) noted(id string, binds []plan.Bind) *plan.Sources {
	started := &plan.Sources{ContainerID: id, Binds: map[string]plan.StartSource{}}
	for _, b := range binds {
		f := x.Files.Look(b.Path)
		started.Binds[b.Target] = plan.StartSource{
			ID: f.ID.String(), Real: x.Files.Real(b.Path), Empty: f.Dir && x.Files.Settling(b.Path).Empty,
		}
	}
	return started
}
