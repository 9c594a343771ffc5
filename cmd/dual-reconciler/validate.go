package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/status"
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
		RunE: func(cmd *cobra.Command, paths []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("-o %s: want json", output)
			}
			if len(paths) == 0 {
				paths = []string{g.manifests}
			}
			return g.validate(cmd.Context(), paths, output == "json")
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
	// Held are changes of host paths that will wait for an approval here, as far as the kept state tells.
	Held []manifest.Problem `json:"held"`
}

func (g *globals) validate(ctx context.Context, paths []string, asJSON bool) error {
	doc := validateDocument{Problems: []manifest.Problem{}, Held: []manifest.Problem{}}
	for _, path := range paths {
		result := manifest.Check(ctx, path, sayWaiting(), g.hostPaths()...)
		doc.Workspaces += result.Workspaces
		doc.Problems = append(doc.Problems, result.Problems...)
		doc.Held = append(doc.Held, g.unapproved(result.Asking)...)
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
		for _, p := range doc.Held {
			fmt.Fprintln(stderr, "held: "+p.Message)
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

// unapproved are those of the workspaces that will wait for an approval, by what is kept of this instance's workspaces.
func (g *globals) unapproved(asking []*manifest.Workspace) []manifest.Problem {
	store, _ := status.OpenReadOnly(g.instanceDir())
	if store == nil || len(asking) == 0 {
		return nil // Nothing is kept: nothing can be told.
	}
	var writers []controller.Writer
	for _, name := range store.Names() {
		for _, path := range store.Get(name).Memory.Writes {
			writers = append(writers, controller.Writer{Workspace: name, Path: path})
		}
	}
	var held []manifest.Problem
	for _, w := range asking {
		if u := controller.Unapproved(w, store.Get(w.Name).Memory, writers); u != nil {
			held = append(held, manifest.Problem{
				Error: decode.Error{File: w.File, Line: w.Line, Message: u.Message}, Workspace: w.Name, Reason: u.Reason,
			})
		}
	}
	return held
}
