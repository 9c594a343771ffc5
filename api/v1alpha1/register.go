package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The group, version and kind of a manifest.
const (
	GroupName  = "dual.dev"
	Version    = "v1alpha1"
	APIVersion = GroupName + "/" + Version
	Kind       = "Workspace"
)

var (
	// SchemeGroupVersion is the group and version under which a scheme knows the types.
	SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: Version}
	// SchemeBuilder collects what AddToScheme adds.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	// AddToScheme adds the types to a scheme, for a client of an API server that serves the CRD.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(s *runtime.Scheme) error {
	s.AddKnownTypes(SchemeGroupVersion, &Workspace{}, &WorkspaceList{})
	metav1.AddToGroupVersion(s, SchemeGroupVersion)
	return nil
}
