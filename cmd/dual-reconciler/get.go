package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// getFlags are what get prints of what.
type getFlags struct {
	output   string
	selector string
	watch    bool
	secrets  bool
	wanted   labels.Selector
	names    []string
}

func getCommand(g *globals) *cobra.Command {
	f := &getFlags{}
	cmd := &cobra.Command{
		Use:     "get [NAME...]",
		Aliases: []string{"list", "ls"},
		Short:   "List workspaces and their state",
		Long: `List workspaces and their state: what the running controller says, or else what the engine and the manifests say.

Values of env, args, setup, and the words of commands behind the program are shown as ***, unless --show-secrets is given.
Values from env files are never shown. Exit code: 1 when a NAME is unknown.`,
		Example: `  dual-reconciler get
  dual-reconciler get shop-feat-auth -o yaml
  dual-reconciler get -l team=web -o wide
  dual-reconciler get -w`,
		ValidArgsFunction: g.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if !slices.Contains([]string{"", "wide", "json", "yaml", "name"}, f.output) {
				return fmt.Errorf("-o %s: want wide, json, yaml or name", f.output)
			}
			wanted, err := labels.Parse(f.selector)
			if err != nil {
				return fmt.Errorf("-l %s: %w", f.selector, err)
			}
			f.wanted, f.names = wanted, names
			if f.watch {
				return g.getWatch(cmd, f)
			}
			all, err := g.workspaces(cmd.Context(), f.secrets)
			if err != nil {
				return err
			}
			found, err := choose(all, names, wanted)
			if printErr := printWorkspaces(os.Stdout, found, f.output, len(names) == 1); printErr != nil {
				return printErr
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "wide, json, yaml or name")
	cmd.Flags().StringVarP(&f.selector, "selector", "l", "", "only workspaces whose labels match, such as team=web")
	cmd.Flags().BoolVarP(&f.watch, "watch", "w", false, "go on with a line for each change")
	cmd.Flags().BoolVar(&f.secrets, "show-secrets", false, "show the values of env, args, setup, and of commands")
	return cmd
}

// getWatch prints the workspaces and then each change until it is interrupted, which is no error.
func (g *globals) getWatch(cmd *cobra.Command, f *getFlags) error {
	t := newTable(os.Stdout, f.output == "wide")
	err := g.watch(cmd.Context(), f.secrets, func(c server.Change) bool {
		ws := *c.Object
		if len(f.names) > 0 && !slices.Contains(f.names, ws.Name) || !f.wanted.Matches(labels.Set(ws.Labels)) {
			return true
		}
		switch f.output {
		case "", "wide":
			t.row(ws, c.Type == server.Deleted)
		default:
			_ = printWorkspaces(os.Stdout, []v1alpha1.Workspace{ws}, f.output, true)
		}
		return true
	})
	if cmd.Context().Err() != nil {
		return nil
	}
	return err
}

// choose keeps what was asked for; an unknown name is an error, next to what was found.
func choose(all []v1alpha1.Workspace, names []string, wanted labels.Selector) ([]v1alpha1.Workspace, error) {
	var found []v1alpha1.Workspace
	if len(names) == 0 {
		for _, ws := range all {
			if wanted.Matches(labels.Set(ws.Labels)) {
				found = append(found, ws)
			}
		}
		return found, nil
	}
	var unknown error
	for _, name := range names {
		i := slices.IndexFunc(all, func(ws v1alpha1.Workspace) bool { return ws.Name == name })
		switch {
		case i < 0:
			unknown = notFound(name, all)
		case wanted.Matches(labels.Set(all[i].Labels)):
			found = append(found, all[i])
		}
	}
	return found, unknown
}

// notFound names the workspace that may have been meant.
func notFound(name string, all []v1alpha1.Workspace) error {
	known := make([]string, len(all))
	for i, ws := range all {
		known[i] = ws.Name
	}
	if like, ok := v1alpha1.Suggest(name, known); ok {
		return fmt.Errorf("workspace %q not found; did you mean %q?", name, like)
	}
	return fmt.Errorf("workspace %q not found", name)
}

// printWorkspaces prints to a file, and not to stdout, because tables are coloured.
func printWorkspaces(file io.Writer, found []v1alpha1.Workspace, format string, single bool) error {
	var doc any = v1alpha1.WorkspaceList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind + "List"},
		Items:    append([]v1alpha1.Workspace{}, found...),
	}
	if single {
		if len(found) == 0 {
			return nil
		}
		doc = found[0]
	}
	out := printable.NewWriter(file)
	switch format {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(doc)
	case "yaml":
		text, err := yaml.Marshal(doc)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case "name":
		for _, ws := range found {
			fmt.Fprintf(out, "workspace.dual.dev/%s\n", ws.Name)
		}
		return nil
	}
	if len(found) == 0 {
		fmt.Fprintln(stderr, "no workspaces")
		return nil
	}
	return printTable(file, found, format == "wide")
}

// completeNames completes the names of workspaces.
func (g *globals) completeNames(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	if err := g.complete(); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	all, err := g.workspaces(cmd.Context(), false)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(all))
	for i, ws := range all {
		names[i] = ws.Name
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
