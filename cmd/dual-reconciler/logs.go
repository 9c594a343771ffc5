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

func logsCommand(g *globals) *cobra.Command {
	var follow, timestamps bool
	var tail, since string
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show the output of a workspace",
		Long: `Show what a workspace's container wrote to stdout and stderr, each on its own stream here.

With -f it continues through restarts and replacements of the container, with a notice on stderr, until the workspace
is removed. It waits for an engine that is unreachable. Exit code: 0; 1 for an unknown workspace; 130 after Ctrl-C, as
tail -f.`,
		Example: `  dual-reconciler logs shop-feat-auth --tail 50
  dual-reconciler logs shop-feat-auth -f --since 10m
  dual-reconciler logs shop-feat-auth -t --since 2026-01-31T09:00:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := engine.LogOptions{Follow: follow}
			var err error
			if o.Tail, err = parseTail(tail); err != nil {
				return err
			}
			if o.Since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			return g.logs(cmd.Context(), args[0], o, timestamps)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&follow, "follow", "f", false, "go on with what the workspace writes")
	flags.StringVar(&tail, "tail", "all", "how many of the last lines to show, or all")
	flags.StringVar(&since, "since", "",
		"only what was written since then: a duration such as 10m, or a time such as 2026-01-31T09:00:00Z")
	flags.BoolVarP(&timestamps, "timestamps", "t", false, "begin each line with its time")
	return cmd
}

func (g *globals) logs(ctx context.Context, name string, o engine.LogOptions, timestamps bool) error {
	// The signal that ends the program is its exit code, so it must not end ctx.
	ctx = context.WithoutCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	e, err := g.connect()
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	l := &session.Logs{
		Resolver: g.resolver(e, name), Options: o, Out: g.RawOut, Err: g.RawErr, Timestamps: timestamps,
		Signals: signals,
	}
	return exit(l.Run(ctx))
}
