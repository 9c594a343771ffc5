package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// globals are what every verb has: the streams, the flags, and the way to the engine.
type globals struct {
	print.Streams
	manifests string
	instance  string
	stateDir  string
	logFormat string
	logLevel  string
	// force is closed by a second signal: then also work that must not be left half done ends.
	force <-chan struct{}
	// connect returns the engine. It does not wait until that answers.
	connect func() (workEngine, error)
	// renames is the lock that all processes on the engine share.
	renames *instance.RenameLock
}

// rootCommand is the program.
func rootCommand(g *globals) *cobra.Command {
	root := &cobra.Command{
		Use:   "dual-reconciler",
		Short: "Keeps developer workspaces on Docker converged on a directory of manifests",
		Long: `dual-reconciler keeps developer workspaces on Docker converged on a directory of manifests.

One workspace is one container is one machine: each has its own network namespace, so dozens of them
bind :3000 at once and nothing is published. Edit a manifest, switch a git branch: the containers follow.`,
		Example: `  dual-reconciler validate            # are the manifests right?
  dual-reconciler diff                # what would be done, and why?
  dual-reconciler apply               # do it once
  dual-reconciler run                 # keep doing it`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return g.complete()
		},
	}
	root.SetIn(g.In)
	root.SetOut(g.Out)
	root.SetErr(g.Err)
	flags := root.PersistentFlags()
	flags.StringVar(&g.manifests, "manifests", cmp.Or(os.Getenv("DUAL_MANIFESTS"), "./manifests"),
		"directory of the manifests ($DUAL_MANIFESTS)")
	flags.StringVar(&g.instance, "instance", "default",
		"name of the instance: containers of other instances are never touched")
	flags.StringVar(&g.stateDir, "state-dir", "",
		"where state is stored between runs (default $STATE_DIRECTORY, $XDG_STATE_HOME/dual-reconciler or ~/.local/state/dual-reconciler)")
	flags.StringVar(&g.logFormat, "log-format", "text", "format of the log on stderr: text or json")
	flags.StringVar(&g.logLevel, "log-level", "info", "least level that is logged: debug, info, warn or error")
	_ = root.MarkPersistentFlagDirname("manifests")
	_ = root.MarkPersistentFlagDirname("state-dir")
	root.AddCommand(
		runCommand(g), applyCommand(g), diffCommand(g), validateCommand(g), getCommand(g), downCommand(g),
		describeCommand(g), eventsCommand(g), waitCommand(g), restartCommand(g), recreateCommand(g), approveCommand(g),
		execCommand(g), logsCommand(g), verifyCommand(g),
		schemaCommand(g), versionCommand(g),
	)
	return root
}

// complete checks the global flags and makes the paths absolute.
func (g *globals) complete() error {
	if faults := validation.IsDNS1123Label(g.instance); len(faults) > 0 {
		return fmt.Errorf("--instance %q: %s", g.instance, strings.Join(faults, "; "))
	}
	dir, err := filepath.Abs(g.manifests)
	if err != nil {
		return fmt.Errorf("--manifests %s: %w", g.manifests, err)
	}
	if !utf8.ValidString(dir) {
		return fmt.Errorf("--manifests %q: "+
			"the path is not valid UTF-8, so that no label can record where a container came from: rename it", dir)
	}
	g.manifests = dir
	if g.stateDir == "" {
		if g.stateDir, err = defaultStateDir(); err != nil {
			return err
		}
	}
	if g.stateDir, err = filepath.Abs(g.stateDir); err != nil {
		return fmt.Errorf("--state-dir %s: %w", g.stateDir, err)
	}
	log, err := g.logger(false)
	if err != nil {
		return err
	}
	slog.SetDefault(log)
	return nil
}

func defaultStateDir() (string, error) {
	// systemd names the directories of StateDirectory= in this order, separated by colons.
	if dir, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); filepath.IsAbs(dir) {
		return dir, nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dual-reconciler"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a place for state: %w: set --state-dir", err)
	}
	return filepath.Join(home, ".local", "state", "dual-reconciler"), nil
}

// instanceDir is where the state of the instance is persisted.
func (g *globals) instanceDir() string { return filepath.Join(g.stateDir, g.instance) }

// logger returns the log. It is quiet for verbs that print their own progress: then it has errors only.
func (g *globals) logger(quiet bool) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level %q: want debug, info, warn or error", g.logLevel)
	}
	if quiet {
		level = max(level, slog.LevelError)
	}
	options := &slog.HandlerOptions{Level: level}
	switch g.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(g.Err, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(g.Err, options)), nil
	}
	return nil, fmt.Errorf("--log-format %q: want text or json", g.logFormat)
}
