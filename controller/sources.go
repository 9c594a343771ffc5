package controller

import (
	"time"

	"github.com/dual-dev/dual-reconciler/controller/hostfile"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Files are the files of the machine that the engine runs on.
type Files interface {
	Look(path string) hostfile.File
	// Real returns the path without links; "" if it does not exist.
	Real(path string) string
	Settling(path string) hostfile.Settling
	// Mounts compares what a container's process has mounted with the paths in binds, by target.
	Mounts(pid int, container string, binds map[string]string) map[string]hostfile.Mount
}

// sources find out what the sources of binds are now, and what containers have mounted.
type sources struct {
	files      Files
	connection *connection
	// settle is how long a file or directory that replaced a source must be unchanged.
	settle time.Duration
}

// complete adds to a plan's input what the sources of its binds are now. checked are the paths as the manifest
// resolves them.
func (s *sources) complete(in *plan.Input, checked map[string]string) {
	if !s.connection.now().info.Local {
		return
	}
	in.Settle = s.settle
	for _, b := range plan.NeedsOf(*in).Binds {
		f := s.files.Look(b.Path)
		in.Sources = append(in.Sources, plan.Source{
			Bind: b, ID: f.ID.String(), Missing: f.Missing, Dir: f.Dir, Checked: checked[b.Path],
		})
	}
}

// completeMounted adds to the sources of a plan's input what the current container has mounted, if that may be
// something else.
func (s *sources) completeMounted(in *plan.Input) {
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
		for _, source := range in.Sources {
			binds[source.Target] = source.Path
		}
		mounts = s.files.Mounts(d.PID, current.ID, binds)
	}
	for i := range in.Sources {
		source := &in.Sources[i]
		source.Mounted = plan.Mounted(mounts[source.Target])
		if path := created[source.Target]; path != "" {
			source.Restarted = s.restarted(path)
		}
		at, was := in.Memory.StartedWith(*current, source.Target)
		if !was || source.ID == "" || at.ID == source.ID {
			continue
		}
		if source.Mounted == "" && at.Real != "" && s.files.Look(at.Real).ID.String() == at.ID {
			source.Mounted = plan.MountedOther // A link leads elsewhere now; the source is where it was.
		}
		settling := s.files.Settling(source.Path)
		source.Empty, source.Changed, source.Busy = settling.Empty, settling.Changed, settling.Busy
	}
}

// restarted returns what a start mounts of a path that a container was created with. A start that would follow a link
// is refused.
func (s *sources) restarted(path string) string {
	if real := s.files.Real(path); real != path {
		return "a link to " + real
	}
	return s.files.Look(path).ID.String()
}

// atStart returns what a container mounts when it is started now; nil if it binds nothing.
func (s *sources) atStart(id string, binds []plan.Bind) *plan.Sources {
	if len(binds) == 0 {
		return nil
	}
	started := &plan.Sources{ContainerID: id, Binds: map[string]plan.StartSource{}}
	for _, b := range binds {
		f := s.files.Look(b.Path)
		started.Binds[b.Target] = plan.StartSource{
			ID: f.ID.String(), Real: s.files.Real(b.Path), Empty: f.Dir && s.files.Settling(b.Path).Empty,
		}
	}
	return started
}
