package controller

import (
	"context"
	"errors"
)

// errForced interrupts what is otherwise carried through.
var errForced = errors.New("interrupted by a second signal")

// carryThrough is a context for the time in which a workspace is down: neither the end of the program nor a newer spec ends it,
// only Options.Force.
func (x *execution) carryThrough(ctx context.Context) (context.Context, func()) {
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-x.Force:
			cancel(errForced)
		case <-run.Done():
		}
	}()
	return run, func() {
		cancel(nil)
		<-ended
	}
}
