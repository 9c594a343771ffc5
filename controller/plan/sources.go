package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Source is a bind of the desired spec as it is on the host now. Nothing is known about the files of another machine.
type Source struct {
	Bind
	// ID identifies what is at the path; empty if there is nothing (Missing is set then), or if it cannot be inspected.
	ID      string
	Missing bool
	Dir     bool
	// Checked is the identity at which the manifests' snapshot found that the path may be mounted.
	Checked string
	// Restarted is what a start of the current container would mount; empty if that is not known.
	Restarted string
	// Mounted is what the current container has mounted according to the kernel.
	Mounted Mounted
	// Empty is set for a directory without entries, Changed is when its entries last changed, and Busy what is at
	// work in it. They are known only for sources that were replaced.
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
	// StartedAt identifies the run, by the engine's clock; zero if it was not inspected yet since the controller
	// started the container.
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

// another is the identity of what a container has mounted if that is only known to differ from what is at the path now.
const another = "another"

// missingBinds are the missing paths that the desired spec mounts. No container that has one starts.
func (d *Desired) missingBinds() []string {
	binds := d.binds()
	return slices.DeleteFunc(slices.Clone(d.Missing), func(path string) bool {
		return !slices.ContainsFunc(binds, func(b Bind) bool { return b.Path == path })
	})
}

// binds are the bind mounts of the desired spec.
func (d *Desired) binds() []Bind {
	var out []Bind
	for _, m := range mounts(d.Spec) {
		if m.Type == engine.MountBind {
			out = append(out, Bind{Target: m.Target, Path: m.Source})
		}
	}
	return out
}

// sourceBinds are the binds whose sources the planner must know; none if only a record is followed.
func (s *situation) sourceBinds() []Bind {
	if s.Desired == nil || s.Elsewhere != nil || s.Desired.FromRecord {
		return nil
	}
	binds := s.Desired.binds()
	if s.current != nil {
		if git := s.current.record.GitDirectory; git != nil {
			binds = append(binds, Bind{Target: git.Target, Path: git.Source})
		}
	}
	return binds
}

// started is what the sources of a container were at its start; nil if the memory is about another one.
func (m Memory) started(containerID string) *Sources {
	if m.Sources == nil || m.Sources.ContainerID != containerID {
		return nil
	}
	return m.Sources
}

// StartedWith is what the source at a target was when a container was started.
func (m Memory) StartedWith(c engine.Container, target string) (at StartSource, known bool) {
	if was := m.started(c.ID); was != nil {
		at, known = was.Binds[target]
	}
	return at, known
}

// suspectsSources reports whether the container's mounts may differ from what is at their paths: then an inspection
// decides.
func (s *situation) suspectsSources(c *owned) bool {
	if len(s.Sources) == 0 || !c.up() {
		return false
	}
	was := s.Memory.started(c.ID)
	if was == nil || c.Details != nil && !was.StartedAt.IsZero() && !was.StartedAt.Equal(c.Details.StartedAt) {
		return true
	}
	return slices.ContainsFunc(s.Sources, func(src Source) bool {
		at, known := was.Binds[src.Target]
		return !known || src.ID != "" && src.ID != at.ID
	})
}

// rememberSources brings the memory of the sources up to date. Of a run that the controller did not start, only what
// the kernel reports is known; without that, the mounts count as what is there now.
func (s *situation) rememberSources(was *Sources, c *owned) *Sources {
	if was != nil && was.ContainerID != c.ID {
		was = nil
	}
	if len(s.Sources) == 0 {
		return was
	}
	var now Sources
	switch d := c.Details; {
	case c.up() && d != nil && (was == nil || !was.StartedAt.IsZero() && !was.StartedAt.Equal(d.StartedAt)):
		now = Sources{ContainerID: c.ID, StartedAt: d.StartedAt}
	case was == nil:
		return nil
	default:
		now = *was
		if c.up() && d != nil {
			now.StartedAt = d.StartedAt
		}
	}
	now.Binds, now.Replaced = maps.Clone(now.Binds), nil
	for _, src := range s.Sources {
		at, known := now.Binds[src.Target]
		switch {
		case !c.up(), known && src.Mounted != MountedSame:
		case src.Missing || src.Mounted == MountedOther || src.Mounted == MountedDeleted:
			at = StartSource{ID: another}
			put(&now.Binds, src.Target, at)
		case src.ID != "":
			at.ID = src.ID
			put(&now.Binds, src.Target, at)
		}
		if at.ID == "" || src.ID == "" || src.ID == at.ID {
			continue
		}
		seen := Replacement{ID: src.ID, Since: s.Now}
		if was != nil && was.Replaced[src.Target].ID == src.ID {
			seen = was.Replaced[src.Target]
		}
		put(&now.Replaced, src.Target, seen)
	}
	return &now
}

// put sets an entry of a map that may be nil.
func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}
