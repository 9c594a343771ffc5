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

// Mount is one mount of the container.
type Mount struct {
	// type is bind (a path of the host), volume (a named Docker volume) or tmpfs (memory).
	// +kubebuilder:default=volume
	// +optional
	Type MountType `json:"type,omitempty"`
	// name of the Docker volume (type volume).
	// +optional
	Name string `json:"name,omitempty"`
	// source is a path of the host (type bind), relative to the manifest's file; ~ is the home directory.
	// +optional
	Source string `json:"source,omitempty"`
	// target is an absolute path in the container.
	// +kubebuilder:validation:Pattern=`^/`
	Target string `json:"target"`
	// readOnly keeps the workspace from writing to the mount.
	// +optional
	ReadOnly bool `json:"readOnly,omitempty"`
	// tmpfs are the options of a mount of type tmpfs.
	// +optional
	Tmpfs *Tmpfs `json:"tmpfs,omitempty"`
}

// Tmpfs are the options of a mount in memory.
type Tmpfs struct {
	// size is the most that the mount holds, such as 1Gi. Default: half of the machine's memory.
	// +optional
	Size *resource.Quantity `json:"size,omitempty"`
	// exec lets programs in the mount be executed, as in a Pod's memory volume.
	// +kubebuilder:default=true
	// +optional
	Exec *bool `json:"exec,omitempty"`
}
