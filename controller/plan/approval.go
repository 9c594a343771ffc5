package plan

import (
	"slices"
	"strings"
)

// HostPath is a path of the host that a workspace mounts, or reads as an env file: without links.
type HostPath struct {
	Path string `json:"path"`
	// ReadOnly is set if the workspace cannot write to it.
	ReadOnly bool `json:"readOnly,omitempty"`
}

// String returns the host path as a user reads it.
func (h HostPath) String() string {
	if h.ReadOnly {
		return h.Path + " (read-only)"
	}
	return h.Path
}

// covers reports whether a workspace that has the host path has the other one, too.
func (h HostPath) covers(o HostPath) bool {
	inside := o.Path == h.Path || h.Path == "/" || strings.HasPrefix(o.Path, h.Path+"/")
	return inside && (!h.ReadOnly || o.ReadOnly)
}

// Adds returns those of the asked host paths that none of the others covers.
func Adds(asked []HostPath, have ...HostPath) []HostPath {
	return slices.DeleteFunc(slices.Clone(asked), func(o HostPath) bool {
		return slices.ContainsFunc(have, func(h HostPath) bool { return h.covers(o) })
	})
}

// Unapproved is why a manifest waits for a user's approval, and with which host paths.
type Unapproved struct {
	Problem
	Paths []HostPath
}
