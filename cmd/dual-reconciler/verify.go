package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
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
			if f.format != "" && f.format != "json" {
				return notRun(fmt.Errorf("-o %s: want json; the directory is --output", f.format))
			}
			if f.timeout <= 0 {
				return notRun(fmt.Errorf("--timeout %s: want more than 0", f.timeout))
			}
			return g.verify(cmd.Context(), f)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return notRun(err) })
	flags := cmd.Flags()
	flags.StringVar(&f.image, "image", "busybox", "image of the workspaces, on the engine already: with sh, wget, and busybox's httpd or nc")
	flags.StringVar(&f.output, "output", "", "directory for findings.md and measurements/, new or empty (default ./verify-TIME)")
	flags.StringVarP(&f.format, "format", "o", "", "json: the whole report on stdout, and the progress on stderr")
	flags.StringVar(&f.prefix, "prefix", "arch-net", "prefix of the workspaces' names")
	flags.IntVar(&f.workspaces, "workspaces", verify.DefaultWorkspaces, "how many workspaces there are in Test 3.2")
	flags.DurationVar(&f.timeout, "timeout", verify.DefaultTimeout, "how long an answer may take, over all tries, before a test is inconclusive")
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

// notRun is the exit code for tests that could not be run.
func notRun(err error) error {
	if err == nil {
		return nil
	}
	return exitError{2, err}
}

func (g *globals) verify(ctx context.Context, f verifyFlags) error {
	// A terminal that is closed leaves no workspaces behind either.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	defer stop()
	if f.output == "" {
		f.output = "verify-" + time.Now().UTC().Format("20060102T150405Z")
	}
	if err := verify.Vacant(f.output); err != nil {
		return notRun(err)
	}
	e, err := g.connect()
	if err != nil {
		return notRun(err)
	}
	defer func() { _ = e.Close() }()
	dir, err := os.MkdirTemp("", "dual-verify-")
	if err != nil {
		return notRun(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var log bytes.Buffer
	o, err := g.verifyOptions(e, f, dir, &log)
	if err != nil {
		return notRun(err)
	}
	if err := o.Check(ctx); err != nil {
		return notRun(err)
	}
	if info, err := e.Info(ctx); err == nil {
		g.renames.SetEngine(info.ID)
	}
	// Before the tests: a place that cannot be written to must not cost their results.
	if err := os.MkdirAll(f.output, 0o755); err != nil {
		return notRun(err)
	}
	progress, screen := g.Out, g.RawOut
	if f.format == "json" {
		progress, screen = g.Err, g.RawErr
	}
	if f, ok := screen.(*os.File); !ok || !term.IsTerminal(f.Fd()) {
		screen = nil
	}
	tell(&o, progress, screen)
	defer context.AfterFunc(ctx, func() {
		fmt.Fprintf(g.Err, "interrupted: removing the workspaces; another Ctrl-C would leave them to dual-reconciler down --instance %s\n", o.Loop.Instance)
	})()
	return g.conclude(verify.Run(ctx, o), f, log.Bytes(), progress)
}

// verifyOptions wires a run in a directory of its own.
func (g *globals) verifyOptions(e workEngine, f verifyFlags, dir string, log io.Writer) (verify.Options, error) {
	own := *g
	own.instance = "verify-" + strings.ToLower(rand.Text()[:8])
	own.manifests, own.stateDir = filepath.Join(dir, "manifests"), filepath.Join(dir, "state")
	if err := os.Mkdir(own.manifests, 0o700); err != nil {
		return verify.Options{}, err
	}
	store, err := status.Open(own.instanceDir())
	if err != nil {
		return verify.Options{}, err
	}
	// Nothing waits for a person here: what has no manifest is gone at once.
	flags := loopFlags{workers: 8, resync: manifest.DefaultResync}
	source := manifest.NewSource(own.newLoader(e, store, flags))
	o := verify.Options{
		Loop: own.options(e, source, store, nil, flags), Shell: e, Measurer: e, Host: verify.ThisHost(),
		Find: func(ctx context.Context, workspace string) (engine.Container, error) {
			return own.resolver(e, workspace).Running(ctx, time.Second)
		},
		Image: f.image, Prefix: f.prefix, Workspaces: f.workspaces, Timeout: f.timeout,
		Program: version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	o.Loop.Log = slog.New(slog.NewTextHandler(log, nil))
	return o, nil
}

// tell shows one line a test; screen is the terminal, where w is one.
func tell(o *verify.Options, w io.Writer, screen io.Writer) {
	o.Started = func(t *verify.Result) {
		if screen != nil {
			fmt.Fprintf(w, "%s  …     %s", t.ID, t.Title)
		}
	}
	o.Ended = func(t *verify.Result) {
		if screen != nil {
			fmt.Fprint(screen, "\r\x1b[2K")
		}
		if t.Passed {
			fmt.Fprintf(w, "%s  pass  %-45s %s\n", t.ID, t.Title, t.Duration)
			return
		}
		fmt.Fprintf(w, "%s  %s  %-45s %s  %s\n", t.ID, t.Outcome(), t.Title, t.Duration, shortened(t.Wrong()))
	}
}

// shortened is the first of some reasons: the findings have all of them in full.
func shortened(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	const most = 120
	text := []rune(print.FirstLine(reasons[0]))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	if more := len(reasons) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", string(text), more)
	}
	return string(text)
}

// conclude writes the report, and says how it went.
func (g *globals) conclude(r *verify.Report, f verifyFlags, log []byte, progress io.Writer) error {
	saved := r.Save(f.output, log)
	if f.format == "json" {
		encoder := json.NewEncoder(g.Out)
		encoder.SetIndent("", "  ")
		saved = errors.Join(saved, encoder.Encode(r))
	}
	for _, d := range r.Deviations {
		fmt.Fprintln(progress, d)
	}
	fmt.Fprintf(progress, "%d of %d pass in %s: %s\n", r.PassedTests(), len(r.Tests), r.Duration, filepath.Join(f.output, "findings.md"))
	switch {
	case !r.Teardown.Passed:
		saved = errors.Join(saved, fmt.Errorf("left behind: %s: %s", strings.Join(r.Teardown.Left, " "), r.Teardown.Error))
	case r.Status != "complete":
		saved = errors.Join(saved, errors.New("interrupted; all workspaces were removed"))
	}
	switch {
	case saved != nil || !r.Passed && !r.Inconclusive:
		return exitError{1, saved}
	case r.Inconclusive:
		return exitError{2, fmt.Errorf("inconclusive: %d of %d tests got no answer within %s, and none a wrong one; load average %s: try again when the machine is less busy, or with a longer --timeout",
			r.InconclusiveTests(), len(r.Tests), f.timeout, r.LoadAverage)}
	}
	return nil
}
