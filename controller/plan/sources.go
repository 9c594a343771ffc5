package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Source is a bind of the desired spec as it is on the host now. Of engines on other machines nothing is known.
type Source struct {
	Bind
	// ID identifies what is at the path; empty where there is nothing, or where it cannot be looked at. Missing says which.
	ID      string
	Missing bool
	Dir     bool
	// Checked is the identity at which the manifests' snapshot found that the path may be mounted.
	Checked string
	// Restarted is what a start of the current container would mount; empty where that is not known.
	Restarted string
	// Mounted is what the kernel says that the current container has mounted.
	Mounted Mounted
	// Empty says that it is a directory without entries, Changed when its entries last changed, and Busy what is at work
	// in it. They are known of what was replaced.
	Empty   bool
	Changed time.Time
	Busy    string
}

// Bind is a path of the host and the path in the container that it is mounted at.
type Bind struct{ Target, Path string }

// Mounted compares a mount of a running container with what is at its path now.
type Mounted string

// The answers. The zero value is none.
const (
	MountedSame    Mounted = "same"
	MountedOther   Mounted = "other"
	MountedDeleted Mounted = "deleted"
)

// Sources are the sources of binds that a container was started with.
type Sources struct {
	ContainerID string `json:"containerID"`
	// StartedAt identifies the run, by the engine's clock; zero where it was not seen yet since the controller started
	// the container.
	StartedAt time.Time `json:"startedAt,omitzero"`
	// Binds by target.
	Binds map[string]StartSource `json:"binds,omitempty"`
	// Replaced are those that are something else now, by target.
	Replaced map[string]Replacement `json:"replaced,omitempty"`
}

// StartSource is what a bind's source was at the start.
type StartSource struct {
	ID string `json:"id"`
	// Real is its path without links.
	Real  string `json:"real,omitempty"`
	Empty bool   `json:"empty,omitempty"`
}

// Replacement is what took the place of a source, and when that was first seen.
type Replacement struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
}

// another is the identity of what a container has mounted where that is only known not to be what is at the path now.
const another = "another"

// missingBinds are the missing paths that the desired spec mounts. No container that has one starts.
func (in Input) missingBinds() []string {
	binds := in.binds()
	return slices.DeleteFunc(slices.Clone(in.Desired.Missing), func(path string) bool {
		return !slices.ContainsFunc(binds, func(b Bind) bool { return b.Path == path })
	})
}

// binds are the bind mounts of the desired spec.
func (in Input) binds() []Bind {
	var out []Bind
	for _, m := range mounts(in.Desired.Spec) {
		if m.Type == engine.MountBind {
			out = append(out, Bind{Target: m.Target, Path: m.Source})
		}
	}
	return out
}

// Binds are those whose sources the plan has to know; none where only a record is in force.
func Binds(in Input) []Bind {
	if in = in.resolved(); in.Desired == nil || in.Elsewhere != nil || in.Desired.FromRecord {
		return nil
	}
	binds := in.binds()
	if c := in.pick().inForce(); c != nil {
		if record, _ := in.record(*c); record.GitDirectory != nil {
			binds = append(binds, Bind{Target: record.GitDirectory.Target, Path: record.GitDirectory.Source})
		}
	}
	return binds
}

// startBinds are what a start of a container mounts: what it was created with, or will be.
func (in Input) startBinds(id string) []Bind {
	i := slices.IndexFunc(in.Containers, func(c engine.Container) bool { return c.ID == id && id != "" })
	if i < 0 || len(in.Containers[i].Binds) == 0 {
		return Binds(in)
	}
	var out []Bind
	for _, b := range in.Containers[i].Binds {
		out = append(out, Bind{Target: b.Target, Path: b.Source})
	}
	return out
}

// noteSources tells the steps that start a container which sources to note.
func (in Input) noteSources(p *Plan) {
	if in.Desired == nil {
		return
	}
	note := func(s *Step) {
		if s.Op == OpStart {
			s.Sources = in.startBinds(s.Container.ID)
		}
	}
	for i := range p.Actions {
		for j := range p.Actions[i].Steps {
			step := &p.Actions[i].Steps[j]
			note(step)
			for k := range step.Undo {
				note(&step.Undo[k])
			}
		}
	}
}

// started is the record of the sources of a container, where it is of this container.
func (m Memory) started(c engine.Container) *Sources {
	if m.Sources == nil || m.Sources.ContainerID != c.ID {
		return nil
	}
	return m.Sources
}

// StartedWith is what the source at a target was when a container was started.
func (m Memory) StartedWith(c engine.Container, target string) (at StartSource, known bool) {
	if was := m.started(c); was != nil {
		at, known = was.Binds[target]
	}
	return at, known
}

// SuspectsSources reports whether the container's mounts may not be what is at their paths: then an inspection decides.
func SuspectsSources(in Input, c engine.Container) bool {
	if len(in.Sources) == 0 || !up(c) {
		return false
	}
	was := in.Memory.started(c)
	if was == nil || c.Details != nil && !was.StartedAt.IsZero() && !was.StartedAt.Equal(c.Details.StartedAt) {
		return true
	}
	return slices.ContainsFunc(in.Sources, func(s Source) bool {
		at, known := was.Binds[s.Target]
		return !known || s.ID != "" && s.ID != at.ID
	})
}

// rememberSources brings the record up to date: of a run that the controller did not start, only what the kernel says is
// known, and where it does not, that the mounts are what is there now.
func (in Input) rememberSources(was *Sources, c engine.Container) *Sources {
	if was != nil && was.ContainerID != c.ID {
		was = nil
	}
	if len(in.Sources) == 0 {
		return was
	}
	var now Sources
	switch d := c.Details; {
	case up(c) && d != nil && (was == nil || !was.StartedAt.IsZero() && !was.StartedAt.Equal(d.StartedAt)):
		now = Sources{ContainerID: c.ID, StartedAt: d.StartedAt, Binds: map[string]StartSource{}}
	case was == nil:
		return nil
	default:
		now = *was
		if up(c) && d != nil {
			now.StartedAt = d.StartedAt
		}
		now.Binds, now.Replaced = maps.Clone(was.Binds), nil
	}
	for _, s := range in.Sources {
		at, known := now.Binds[s.Target]
		switch {
		case !up(c), known && s.Mounted != MountedSame:
		case s.Missing || s.Mounted == MountedOther || s.Mounted == MountedDeleted:
			at = StartSource{ID: another}
			now.set(s.Target, at)
		case s.ID != "":
			at = StartSource{ID: s.ID, Real: at.Real, Empty: at.Empty}
			now.set(s.Target, at)
		}
		if at.ID == "" || s.ID == "" || s.ID == at.ID {
			continue
		}
		seen := Replacement{ID: s.ID, Since: in.Now}
		if was != nil && was.Replaced[s.Target].ID == s.ID {
			seen = was.Replaced[s.Target]
		}
		if now.Replaced == nil {
			now.Replaced = map[string]Replacement{}
		}
		now.Replaced[s.Target] = seen
	}
	return &now
}

func (s *Sources) set(target string, at StartSource) {
	if s.Binds == nil {
		s.Binds = map[string]StartSource{}
	}
	s.Binds[target] = at
}
