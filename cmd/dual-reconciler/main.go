// Command dual-reconciler keeps Docker containers converged on a directory of workspace manifests.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/print"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, force, stop := signals()
	defer stop()
	g := &globals{
		Streams: print.NewStreams(os.Stdin, os.Stdout, os.Stderr), force: force, connect: connectDocker,
		renames: &instance.RenameLock{},
	}
	return g.execute(ctx, os.Args[1:])
}

// execute runs a verb and returns the program's exit code.
func (g *globals) execute(ctx context.Context, args []string) int {
	root := rootCommand(g)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	exit := exitError{1, err}
	_ = errors.As(err, &exit)
	if exit.err != nil {
		fmt.Fprintln(g.Err, "dual-reconciler:", exit.err)
	}
	return exit.code
}

// signals returns a context that the first SIGINT or SIGTERM ends. Work that must not be left half done goes on until a
// second one closes force; a third one ends the program at once, by the default action.
func signals() (ctx context.Context, force <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	forced := make(chan struct{})
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-caught
		cancel()
		<-caught
		signal.Stop(caught)
		close(forced)
	}()
	return ctx, forced, cancel
}

// exitError ends the program with an exit code of its own. err is nil if everything was printed already.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// exit returns the error that ends the program with this code, or nil for 0.
func exit(code int, err error) error {
	if code == 0 {
		return nil
	}
	return exitError{code, err}
}
