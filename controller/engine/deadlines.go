package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// ReadWithin is how long a call that only reads may take.
	ReadWithin = 30 * time.Second
	// WriteWithin is how long a call that changes something may take; a stop has its grace period on top.
	WriteWithin = 2 * time.Minute
	// PrepareWithin is how long PrepareVolumes may take: volumes may hold many files.
	PrepareWithin = 10 * time.Minute
)

// Deadlines limits the duration of calls: an engine that does not answer in time is ErrUnavailable. Not limited are Pull,
// which ends when no more data arrives; Run and EndRuns, whose callers know how long a command may take; and Events. The
// engine may still carry out a call after its deadline.
func Deadlines(e Engine) Engine {
	return intercepted(e, func(ctx context.Context, c call, next func(context.Context) error) error {
		d := deadline(c)
		if d == 0 {
			return next(ctx)
		}
		limited, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		err := next(limited)
		if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("%s: %w: it did not answer within %s", c.doing, ErrUnavailable, d)
		}
		return err
	})
}

// deadline of a call; zero if it has none.
func deadline(c call) time.Duration {
	switch c.method {
	case "List", "Inspect", "Image", "Volumes", "Info":
		return ReadWithin
	case "Pull", "Run", "EndRuns", "Events":
		return 0
	case "PrepareVolumes":
		return PrepareWithin
	}
	return WriteWithin + c.grace
}
