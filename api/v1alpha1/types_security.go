package v1alpha1

// SecurityContext narrows, and within Docker's default profile widens, what the processes may do.
type SecurityContext struct {
	// user is user[:group], by name or number, as in docker run --user. Default: the image's.
	// +kubebuilder:validation:Pattern=`^([A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?)?$`
	// +optional
	User string `json:"user,omitempty"`
	// capabilities that are added to or dropped from Docker's default set.
	// +optional
	Capabilities Capabilities `json:"capabilities,omitzero"`
	// readOnlyRootFilesystem leaves only mounts writable. Default: false.
	// +optional
	ReadOnlyRootFilesystem bool `json:"readOnlyRootFilesystem,omitempty"`
	// allowPrivilegeEscalation lets a process gain more privileges than its parent has, for example by a setuid program.
	// +kubebuilder:default=true
	// +optional
	AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation,omitempty"`
}

// Capabilities are Linux capabilities in upper case, with or without the CAP_ prefix.
//
// +kubebuilder:validation:XValidation:rule="!has(self.add) || !has(self.drop) || self.add.all(a, !self.drop.exists(d, (d.startsWith('CAP_') ? d.substring(4) : d) == (a.startsWith('CAP_') ? a.substring(4) : a)))",message="a capability cannot be in add and in drop; keep one of them"
type Capabilities struct {
	// add widens Docker's default set. Refused are those that amount to privileged mode: ALL, SYS_ADMIN, SYS_MODULE,
	// SYS_RAWIO, SYS_BOOT, DAC_READ_SEARCH, BPF and PERFMON.
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="self.all(a, !a.matches('^(CAP_)?(ALL|SYS_ADMIN|SYS_MODULE|SYS_RAWIO|SYS_BOOT|DAC_READ_SEARCH|BPF|PERFMON)$'))",message="must not hold a capability that amounts to privileged mode"
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^[A-Z]+(_[A-Z]+)*$`
	Add []string `json:"add,omitempty"`
	// drop narrows Docker's default set; ALL drops everything that add does not name.
	// +kubebuilder:validation:MaxItems=64
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^[A-Z]+(_[A-Z]+)*$`
	Drop []string `json:"drop,omitempty"`
}
