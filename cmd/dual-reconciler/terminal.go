package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/moby/term"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// execInput returns what the command may read. It is nil if that is nothing, which spares the engine a stream.
func (g *globals) execInput(f execFlags) (io.Reader, error) {
	in, ok := g.In.(*os.File)
	terminal := ok && term.IsTerminal(in.Fd())
	switch {
	case f.stdinSet && !f.stdin:
		return nil, nil
	case f.tty && !terminal:
		return nil, errors.New("-t: the input is not a terminal: " +
			"leave -t out, or give -i=false for a terminal without input")
	case terminal && !f.tty && !f.stdin:
		return nil, nil
	case terminal || !ok:
		return g.In, nil
	}
	info, err := in.Stat()
	if err != nil {
		return nil, nil //nolint:nilerr // The standard input is closed.
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return nil, nil
	}
	return in, nil
}

// userTerminal implements session.Terminal on the standard streams.
type userTerminal struct {
	// in is nil if no input is passed on.
	in    *os.File
	sizes []*os.File
}

func (g *globals) terminal(input io.Reader) userTerminal {
	var t userTerminal
	t.in, _ = input.(*os.File)
	// The size of the terminal that shows the output, or else of the one that the input comes from.
	for _, stream := range []any{g.RawOut, g.In} {
		if f, ok := stream.(*os.File); ok {
			t.sizes = append(t.sizes, f)
		}
	}
	return t
}

func (t userTerminal) Raw() (restore func(), err error) {
	if t.in == nil {
		return func() {}, nil
	}
	before, err := term.SetRawTerminal(t.in.Fd())
	if err != nil {
		return nil, fmt.Errorf("-t: prepare the terminal: %w", err)
	}
	return func() { _ = term.RestoreTerminal(t.in.Fd(), before) }, nil
}

func (t userTerminal) Size() engine.TerminalSize {
	for _, f := range t.sizes {
		if size, err := term.GetWinsize(f.Fd()); err == nil && size.Height > 0 && size.Width > 0 {
			return engine.TerminalSize{Rows: uint(size.Height), Columns: uint(size.Width)}
		}
	}
	return engine.TerminalSize{}
}

func (t userTerminal) OnResize(changed func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	go func() {
		for range signals {
			changed()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}
