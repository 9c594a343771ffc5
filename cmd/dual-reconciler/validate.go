package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

func validateCommand(g *globals) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "validate [PATH...]",
		Short: "Check manifests without an engine",
		Long: `Check manifests, files or whole directories, without an engine; without a PATH the directory of --manifests.

Every fault is printed as file:line:column, the field and what to do. Exit code: 0 when all are valid, 1 when not. A document
of another tool is reported, and is a fault only in a file that was named as PATH.`,
		Example: `  dual-reconciler validate
  dual-reconciler validate manifests/shop.yaml -o json`,
		RunE: func(_ *cobra.Command, paths []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("-o %s: want json", output)
			}
			if len(paths) == 0 {
				paths = []string{g.manifests}
			}
			return g.validate(paths, output == "json")
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines")
	return cmd
}

// validateDocument is the answer for machines.
type validateDocument struct {
	Valid      bool               `json:"valid"`
	Workspaces int                `json:"workspaces"`
	Problems   []manifest.Problem `json:"problems"`
}

func (g *globals) validate(paths []string, asJSON bool) error {
	doc := validateDocument{Problems: []manifest.Problem{}}
	for _, path := range paths {
		result := manifest.Check(path, g.hostPaths()...)
		doc.Workspaces += result.Workspaces
		doc.Problems = append(doc.Problems, result.Problems...)
	}
	// Another tool's file is only wrong where it was asked for.
	doc.Valid = !slices.ContainsFunc(doc.Problems, func(p manifest.Problem) bool {
		return !p.Note() || slices.Contains(paths, p.File)
	})
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(doc); err != nil {
			return err
		}
	} else {
		for _, p := range doc.Problems {
			fmt.Fprintln(stderr, p.Error.Error())
		}
	}
	if !doc.Valid {
		return exitError{code: 1}
	}
	if !asJSON {
		fmt.Fprintf(stdout, "%s valid in %s\n", count.Of(doc.Workspaces, "workspace"), strings.Join(paths, ", "))
	}
	return nil
}
