package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
)

// release is set by the linker in releases.
var release string

// version is the release, or the commit that the program was built from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "devel"
}

func versionCommand(g *globals) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the program and of the engine",
		Example: `  dual-reconciler version
  dual-reconciler version -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := print.CheckFormat(output, "json"); err != nil {
				return err
			}
			v := map[string]string{
				"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
				"api": v1alpha1.APIVersion, "engine": g.engineVersion(cmd.Context()),
			}
			if output == "json" {
				return json.NewEncoder(g.Out).Encode(v)
			}
			fmt.Fprintf(g.Out, "dual-reconciler %s (%s, %s, %s)\nengine: %s\n",
				v["version"], v["api"], v["go"], v["platform"], v["engine"])
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json for machines")
	return cmd
}

// engineVersion returns the reason if the engine does not answer: version must work on a machine without an engine,
// too.
func (g *globals) engineVersion(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	e, err := g.connect()
	if err != nil {
		return err.Error()
	}
	defer func() { _ = e.Close() }()
	info, err := e.Info(ctx)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s (API %s) at %s", info.Version, info.APIVersion, info.Address)
}
