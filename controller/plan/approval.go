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
