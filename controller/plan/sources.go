package plan

import (
	"slices"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// missingBinds are the missing paths that the desired spec mounts. No container that has one starts.
func (in Input) missingBinds() []string {
	binds := in.binds()
	return slices.DeleteFunc(slices.Clone(in.Desired.Missing), func(path string) bool {
		return !slices.ContainsFunc(binds, func(m engine.Mount) bool { return m.Source == path })
	})
}

// binds are the bind mounts of the desired spec.
func (in Input) binds() []engine.Mount {
	return slices.DeleteFunc(mounts(in.Desired.Spec), func(m engine.Mount) bool { return m.Type != engine.MountBind })
}
