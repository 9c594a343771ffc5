// Package v1alpha1 is the API dual.dev/v1alpha1: the kind Workspace, its defaults and its validation.
//
// Deepcopy, the CRD and the JSON Schema are generated from these types (make generate).
//
// +kubebuilder:object:generate=true
// +groupName=dual.dev
package v1alpha1
