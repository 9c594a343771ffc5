package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/verify"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	image, output, format, prefix string
	workspaces                    int
	timeout                       time.Duration
}

func verifyCommand(g *globals) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Test on this machine's engine that workspaces are isolated",
		Long: `Test on this machine's engine that workspaces are isolated: the seven tests of the isolation experiment.

The tests go through the product: a controller of an instance of its own makes workspaces arch-net-1 to arch-net-8
from manifests in a temporary directory, exec reaches into them, restart restarts one, and down removes all of them,
also after Ctrl-C or a failed test. Nothing else on the engine is touched, and all tests run even if one fails.

Into --output go findings.md, and under measurements/ every call with its time, one file a test. That directory must
be new or empty: nothing is ever overwritten. The one request that goes to a workspace's address from outside is
Test 4.1's.

A wrong answer fails a test. One that does not come within --timeout, over all tries, leaves it inconclusive: it says
nothing about isolation, and the report then has this machine's load average.

Exit code: 0 when all tests pass, 1 when any fails, 2 when they are inconclusive, or cannot be run: no engine, no image,
a name taken.`,
		Example: `  dual-reconciler verify
  dual-reconciler verify --image alpine --output /tmp/findings
  dual-reconciler verify --workspaces 100
  dual-reconciler verify -o json | jq '.tests[] | select(.passed | not)'`,
		Args: func(cmd *cobra.Command, args []string) error { return notRun(cobra.NoArgs(cmd, args)) },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return notRun(g.complete())
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := print.CheckFormat(f.format, "json"); err != nil {
				return notRun(fmt.Errorf("%w; the directory is --output", err))
			}
			if f.timeout <= 0 {
				return notRun(fmt.Errorf("--timeout %s: want more than 0", f.timeout))
			}
			return g.verify(cmd.Context(), f)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return notRun(err) })
	flags := cmd.Flags()
	flags.StringVar(&f.image, "image", "busybox",
		"image of the workspaces, on the engine already: with sh, wget, and busybox's httpd or nc")
	flags.StringVar(&f.output, "output", "",
		"directory for findings.md and measurements/, new or empty (default ./verify-TIME)")
	flags.StringVarP(&f.format, "format", "o", "", "json: the whole report on stdout, and the progress on stderr")
	flags.StringVar(&f.prefix, "prefix", "arch-net", "prefix of the workspaces' names")
	flags.IntVar(&f.workspaces, "workspaces", verify.DefaultWorkspaces, "how many workspaces there are in Test 3.2")
	flags.DurationVar(&f.timeout, "timeout", verify.DefaultTimeout,
		"how long an answer may take, over all tries, before a test is inconclusive")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}
