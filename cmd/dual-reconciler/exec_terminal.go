package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/moby/term"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// enterTerminal makes our terminal the command's: each key goes through, Ctrl-C too. The returned function undoes it.
func enterTerminal(in io.Reader) (restore func(), err error) {
	if in == nil {
		return func() {}, nil
	}
	fd := os.Stdin.Fd()
	before, err := term.SetRawTerminal(fd)
	if err != nil {
		return nil, fmt.Errorf("-t: prepare the terminal: %w", err)
	}
	return func() { _ = term.RestoreTerminal(fd, before) }, nil
}

// terminalSize is the size of what shows the output, or takes the input where the output goes elsewhere.
func terminalSize() engine.TerminalSize {
	for _, f := range []*os.File{os.Stdout, os.Stdin} {
		if size, err := term.GetWinsize(f.Fd()); err == nil && size.Height > 0 && size.Width > 0 {
			return engine.TerminalSize{Rows: uint(size.Height), Columns: uint(size.Width)}
		}
	}
	return engine.TerminalSize{}
}

// followSize passes on the changes of the terminal's size until the returned function is called.
func followSize(ctx context.Context, p engine.Process) func() {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	go func() {
		for range changed {
			// A size that does not arrive spoils a line; the next one may arrive.
			_ = p.Resize(ctx, terminalSize())
		}
	}()
	return func() {
		signal.Stop(changed)
		close(changed)
	}
}
