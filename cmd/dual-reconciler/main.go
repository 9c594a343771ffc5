// Command dual-reconciler keeps Docker containers converged on a directory of workspace manifests.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once: after the first one the default action is in force again.
	context.AfterFunc(ctx, stop)
	err := rootCommand().ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(os.Stderr, "dual-reconciler:", exit.err)
		}
		return exit.code
	default:
		fmt.Fprintln(os.Stderr, "dual-reconciler:", err)
		return 1
	}
}

// exitError ends the program with an exit code of its own. A nil err says that everything was said already.
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
