package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// Resources of the container.
type Resources struct {
	// limits are upper bounds.
	// +optional
	Limits Limits `json:"limits,omitzero"`
}

// Limits are upper bounds; an absent one is no limit. A change applies to the running container.
type Limits struct {
	// cpu in cores, such as "2" or 500m; at least 10m. More than the engine has means all of them.
	// +kubebuilder:validation:XValidation:rule="quantity(string(self)).compareTo(quantity('10m')) >= 0",message="must be at least 10m, a hundredth of a core"
	// +optional
	CPU *resource.Quantity `json:"cpu,omitempty"`
	// memory in bytes, such as 4Gi; at least 6Mi.
	// +kubebuilder:validation:XValidation:rule="quantity(string(self)).compareTo(quantity('6Mi')) >= 0",message="must be at least 6Mi, the least that Docker accepts"
	// +optional
	Memory *resource.Quantity `json:"memory,omitempty"`
	// pids is the number of processes and threads; at least 1.
	// +kubebuilder:validation:Minimum=1
	// +optional
	PIDs *int64 `json:"pids,omitempty"`
}
