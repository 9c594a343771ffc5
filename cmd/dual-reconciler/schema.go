package main

import (
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

func schemaCommand(g *globals) *cobra.Command {
	var crd bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a manifest, for editors",
		Example: `  dual-reconciler schema > workspace.schema.json
  # first line of a manifest: # yaml-language-server: $schema=workspace.schema.json
  dual-reconciler schema --crd | kubectl apply --dry-run=client -f -`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text := v1alpha1.JSONSchema()
			if crd {
				text = v1alpha1.CRD()
			}
			_, err := g.Out.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&crd, "crd", false, "print the Kubernetes CustomResourceDefinition instead")
	return cmd
}
