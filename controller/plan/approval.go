package plan

import (
	"slices"
	"strings"
)

// HostPath is a path of the host that a workspace mounts, or reads as an env file: without links.
type HostPath struct {
	Path string `json:"path"`
	// ReadOnly says that the workspace cannot write to it.
	ReadOnly bool `json:"readOnly,omitempty"`
}

// String is how a person reads it.
func (h HostPath) String() string {
	if h.ReadOnly {
		return h.Path + " (read-only)"
	}
	return h.Path
}

// covers says that whoever has one host path has the other one.
func (h HostPath) covers(o HostPath) bool {
	inside := o.Path == h.Path || h.Path == "/" || strings.HasPrefix(o.Path, h.Path+"/")
	return inside && (!h.ReadOnly || o.ReadOnly)
}

// Adds are those of the asked host paths that none of the others covers.
func Adds(asked []HostPath, have ...HostPath) []HostPath {
	return slices.DeleteFunc(slices.Clone(asked), func(o HostPath) bool {
		return slices.ContainsFunc(have, func(h HostPath) bool { return h.covers(o) })
	})
}

// Unapproved is why a manifest waits for a person's approval, and with which host paths.
type Unapproved struct {
	Problem
	Paths []HostPath
}

// approve updates the memory of host paths: what a manifest asks for without having to wait is what the workspace has from then on.
func (m *Memory) approve(in Input) {
	switch {
	case in.Unapproved != nil:
		m.Unapproved = in.Unapproved.Paths
	case in.HostPaths != nil:
		m.HostPaths, m.Approved, m.Unapproved = in.HostPaths, nil, nil
		if len(m.HostPaths) == 0 {
			m.HostPaths = nil
		}
	}
}

// heldBack replaces a manifest that waits for an approval by the container's own record: a workspace goes on as it is.
func (in Input) heldBack() Input {
	d := &Desired{FromRecord: true, Paused: in.Desired.Paused, Problem: &in.Unapproved.Problem}
	in.Desired = d
	if c := in.pick().inForce(); c != nil {
		record, _ := in.record(*c)
		d.Spec, d.EnvFromHash = record.WorkspaceSpec, record.EnvFromHash
	}
	return in
}
