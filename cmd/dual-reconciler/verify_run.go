package main

import (
	"bytes"
	"context"
	"crypto/rand"
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

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/controller/verify"
)

// notRun returns the error with the exit code of tests that could not be run.
func notRun(err error) error {
	if err == nil {
		return nil
	}
	return exitError{2, err}
}

func (g *globals) verify(ctx context.Context, f verifyFlags) error {
	// Closing the terminal leaves no workspaces behind either.
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
	// Before the tests, so that a directory that cannot be written to does not cost their results.
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
	o.ShowProgress(progress, screen)
	defer context.AfterFunc(ctx, func() {
		fmt.Fprintf(g.Err, "interrupted: removing the workspaces; another Ctrl-C would leave them to dual-reconciler down --instance %s\n", o.Loop.Instance)
	})()
	r := verify.Run(ctx, o)
	saved := r.Save(f.output, log.Bytes())
	if f.format == "json" {
		saved = errors.Join(saved, print.JSON(g.Out, r))
	}
	r.PrintSummary(progress, f.output)
	return exit(r.Conclusion(saved, f.timeout))
}

// verifyOptions wires a run with manifests and state in dir.
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
	// Without a prune delay a workspace is removed at once when its manifest is.
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
