package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/session"
)

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

Exit code: the command's; 128+n if signal n ended it; 127 if there is no such command, 126 if it cannot be
executed; 125 if this program failed: engine unreachable, no such workspace, not running. What the kernel refuses
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
			return g.exec(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	flags.BoolVarP(&f.stdin, "stdin", "i", false,
		"pass on a terminal's input too; -i=false passes on none (default: what is no terminal)")
	flags.BoolVarP(&f.tty, "tty", "t", false, "give the command a terminal, this one")
	flags.StringVarP(&f.workingDir, "workdir", "w", "", "working directory of the command (default: the workspace's)")
	flags.StringVarP(&f.user, "user", "u", "",
		"user to run as, as name or uid, with :group if need be (default: the workspace's)")
	flags.StringArrayVarP(&f.env, "env", "e", nil,
		"NAME=value to add to the environment; NAME alone takes this environment's value")
	flags.DurationVar(&f.wait, "wait", 10*time.Second,
		"how long to wait for a workspace that does not run yet; 0 does not wait")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return ownFailure(err) })
	return cmd
}

func (g *globals) exec(ctx context.Context, args []string, f execFlags) error {
	// The signals are the command's from now on, so they must not end ctx.
	ctx = context.WithoutCancel(ctx)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	defer signal.Stop(signals)
	name, command, err := splitCommand(args)
	if err != nil {
		return ownFailure(err)
	}
	env, err := resolveEnv(f.env)
	if err != nil {
		return ownFailure(err)
	}
	in, err := g.execInput(f)
	if err != nil {
		return ownFailure(err)
	}
	e, err := g.connect()
	if err != nil {
		return ownFailure(err)
	}
	defer func() { _ = e.Close() }()
	x := &session.Exec{
		Resolver: g.resolver(e, name), Wait: f.wait, Signals: signals, Terminal: g.terminal(in),
		Options: engine.ExecOptions{Command: command, Env: env, User: f.user, WorkingDir: f.workingDir, TTY: f.tty},
		Streams: engine.Streams{In: in, Out: g.RawOut, Err: g.RawErr},
	}
	return exit(x.Run(ctx))
}
