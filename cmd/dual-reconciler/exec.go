package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// exitOwnFailure is exec's exit code where no command is to blame, as docker and chroot have it.
const exitOwnFailure = 125

// execFlags are the flags of exec.
type execFlags struct {
	stdin, stdinSet, tty bool
	workingDir, user     string
	env                  []string
	wait                 time.Duration
}

func execCommand(g *globals) *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] NAME [--] COMMAND [ARG...]",
		Short: "Run a command in a workspace",
		Long: `Run a command in a workspace as if it ran here: its input, its output and its exit code are this program's.

Everything after NAME belongs to the command. Standard input is passed on where it is a file, a pipe or a socket;
a terminal's only with -i or -t. Like ssh, exec reads it before the command asks: in a shell's "while read" loop
give -i=false, which leaves the command an empty input.

SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to the command and all that it started: those processes are
known by DUAL_EXEC in their environment, and the image needs sh, tr and grep for it. A second signal ends exec
at once, and so does a command that is still there 5s after SIGTERM or SIGHUP; it may go on in the workspace then.

A workspace that is just being created, restarted or replaced is waited for, up to --wait.

Exit code: the command's; 128+n where signal n ended it; 127 where there is no such command, 126 where it cannot
be executed; 125 where this program failed: engine away, no such workspace, not running. What the kernel refuses
only after the runtime has become the program, such as a script without its interpreter, ends with the runtime's
code, which is 1: what a command prints says nothing about its code.`,
		Example: `  dual-reconciler exec shop-feat-auth -- pnpm test
  dual-reconciler exec -it shop-feat-auth sh
  dual-reconciler exec -w /workspace/api -e CI=1 shop-feat-auth -- make check
  tar c . | dual-reconciler exec shop-feat-auth -- tar x -C /tmp`,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return ownFailure(g.complete())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.stdinSet = cmd.Flags().Changed("stdin")
			name, command, err := splitCommand(args)
			if err == nil {
				f.env, err = resolveEnv(f.env)
			}
			if err != nil {
				return ownFailure(err)
			}
			return g.exec(cmd.Context(), name, command, f)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	flags.BoolVarP(&f.stdin, "stdin", "i", false, "pass on a terminal's input too; -i=false passes on none (default: what is no terminal)")
	flags.BoolVarP(&f.tty, "tty", "t", false, "give the command a terminal, this one")
	flags.StringVarP(&f.workingDir, "workdir", "w", "", "working directory of the command (default: the workspace's)")
	flags.StringVarP(&f.user, "user", "u", "", "user to run as, as name or uid, with :group if need be (default: the workspace's)")
	flags.StringArrayVarP(&f.env, "env", "e", nil, "NAME=value to add to the environment; NAME alone takes this environment's value")
	flags.DurationVar(&f.wait, "wait", 10*time.Second, "how long to wait for a workspace that does not run yet; 0 does not wait")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return ownFailure(err) })
	return cmd
}

func ownFailure(err error) error {
	if err == nil {
		return nil
	}
	return exitError{exitOwnFailure, err}
}

// splitCommand takes the -- as optional, as docker does.
func splitCommand(args []string) (name string, command []string, err error) {
	if len(args) == 0 {
		return "", nil, errors.New("exec: which workspace? Give its name and a command, such as exec shop -- ls")
	}
	name, command = args[0], args[1:]
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 || command[0] == "" {
		return "", nil, fmt.Errorf("exec: which command? Give it after the name, such as exec %s -- ls", name)
	}
	return name, command, nil
}

// resolveEnv gives a NAME alone the value that it has here; one that has none here is left out.
func resolveEnv(env []string) ([]string, error) {
	var out []string
	for _, pair := range env {
		name, _, assigned := strings.Cut(pair, "=")
		switch {
		case name == "":
			return nil, fmt.Errorf("--env %q: want NAME=value", pair)
		case assigned:
			out = append(out, pair)
		default:
			if value, ok := os.LookupEnv(name); ok {
				out = append(out, name+"="+value)
			}
		}
	}
	return out, nil
}
