package plan

import (
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// volumeHelper is the Helper of the first start of a container whose user may not be root, and that has a named volume to
// write to. An image may set the user, so that an unset one does not say that it is root.
func (in Input) volumeHelper(spec v1alpha1.WorkspaceSpec, c engine.Container) string {
	user, _, _ := strings.Cut(spec.SecurityContext.RunAsUser, ":")
	writes := slices.ContainsFunc(spec.Mounts, func(m v1alpha1.Mount) bool { return m.Type == v1alpha1.MountVolume && !m.ReadOnly })
	if c.State != engine.StateCreated || user == "0" || user == "root" || !writes {
		return ""
	}
	return volumesName(in.Name)
}
