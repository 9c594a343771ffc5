package v1alpha1

import (
	_ "embed"
	"slices"
)

var (
	//go:embed crd/dual.dev_workspaces.yaml
	crd []byte
	//go:embed schema/workspace.schema.json
	jsonSchema []byte
)

// CRD returns the CustomResourceDefinition of Workspace as YAML.
func CRD() []byte { return slices.Clone(crd) }

// JSONSchema returns the schema of a manifest for editors, as JSON Schema draft-07.
func JSONSchema() []byte { return slices.Clone(jsonSchema) }
