package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func logsCommand(g *globals) *cobra.Command {
	var follow, timestamps bool
	var tail, since string
	cmd := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show the output of a workspace",
		Long: `Show what a workspace's container wrote to stdout and stderr, each on its own stream here.

With -f it goes on through restarts and replacements of the container, and says so on stderr, until the workspace is
removed. It waits for an engine that is away. Exit code: 0; 1 for an unknown workspace; 130 after Ctrl-C, as tail -f.`,
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
	flags.StringVar(&since, "since", "", "only what was written since then: a duration such as 10m, or a time such as 2026-01-31T09:00:00Z")
	flags.BoolVarP(&timestamps, "timestamps", "t", false, "begin each line with its time")
	return cmd
}

func parseTail(s string) (int, error) {
	if s == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 {
		return 0, fmt.Errorf("--tail %q: want a number of lines, or all", s)
	}
	return n, nil
}

// parseSince takes what docker and kubectl take. A time without a zone is local.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		if d < 0 {
			return time.Time{}, fmt.Errorf("--since %s: a duration must not be negative", s)
		}
		return now.Add(-d), nil
	}
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q: want a duration such as 10m, or a time such as 2026-01-31T09:00:00Z", s)
}

func (g *globals) logs(ctx context.Context, name string, o engine.LogOptions, timestamps bool) error {
	ctx, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	// Our own, because which signal it was is the exit code.
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(c)
	go func() {
		if number, ok := (<-c).(syscall.Signal); ok {
			end(signalError(number))
		}
	}()
	e, err := g.connect()
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	r := &logReader{
		finder: newFinder(g, e, name), shell: e, options: o,
		print: &logPrinter{out: g.RawOut, err: g.RawErr, timestamps: timestamps, eager: o.Follow},
	}
	err = r.run(ctx)
	if flushErr := r.print.flush(); err == nil {
		err = flushErr
	}
	var signalled signalError
	if errors.As(context.Cause(ctx), &signalled) {
		return exitError{code: signalled.code()}
	}
	return err
}
