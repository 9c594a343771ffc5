package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// MountType is Docker's.
// +kubebuilder:validation:Enum=bind;volume;tmpfs
type MountType string

// The mount types.
const (
	MountBind   MountType = "bind"
	MountVolume MountType = "volume"
	MountTmpfs  MountType = "tmpfs"
)

// Mount is one mount of the container. Each type has fields of its own: source for bind, name for volume, tmpfs for
// tmpfs.
//
// +kubebuilder:validation:XValidation:rule="self.type == 'bind' ? has(self.source) && self.source.size() > 0 : !has(self.source) || self.source.size() == 0",message="source is required for type bind, and refused for other types"
// +kubebuilder:validation:XValidation:rule="self.type == 'volume' ? has(self.name) && self.name.size() > 0 : !has(self.name) || self.name.size() == 0",message="name is required for type volume, and refused for other types"
// +kubebuilder:validation:XValidation:rule="!has(self.tmpfs) || self.type == 'tmpfs'",message="only a mount of type tmpfs has tmpfs options"
type Mount struct {
	// type is bind (a path of the host), volume (a named Docker volume) or tmpfs (memory).
	// +kubebuilder:default=volume
	// +optional
	Type MountType `json:"type,omitempty"`
	// name of the Docker volume. Required for type volume.
	// +kubebuilder:validation:Pattern=`^([a-zA-Z0-9][a-zA-Z0-9_.-]+)?$`
	// +optional
	Name string `json:"name,omitempty"`
	// source is a path of the host, relative to the manifest's file; ~ is the home directory. Required for type bind.
	// +optional
	Source string `json:"source,omitempty"`
	// target is an absolute path in the container, other than /.
	// +kubebuilder:validation:Pattern=`^/+[^/]`
	// +kubebuilder:validation:MaxLength=4096
	Target string `json:"target"`
	// readOnly keeps the workspace from writing to the mount. Default: false.
	// +optional
	ReadOnly bool `json:"readOnly,omitempty"`
	// tmpfs are the options of a mount of type tmpfs.
	// +optional
	Tmpfs *Tmpfs `json:"tmpfs,omitempty"`
}

// Tmpfs are the options of a mount in memory.
type Tmpfs struct {
	// size in bytes is the most that the mount holds, such as 1Gi. Default: half of the engine's memory.
	// +optional
	Size *resource.Quantity `json:"size,omitempty"`
	// exec lets programs in the mount be executed, as in a Pod's memory volume.
	// +kubebuilder:default=true
	// +optional
	Exec *bool `json:"exec,omitempty"`
}
