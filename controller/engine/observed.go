package engine

import (
	"context"
	"time"
)

// Observer receives the method, the duration and the error of a call when the call ends. It is called from the goroutine of
// the call, and by several goroutines concurrently.
type Observer func(method string, d time.Duration, err error)

// Observed reports each call to f. For Events that is the subscription, not the stream.
func Observed(e Engine, f Observer) Engine {
	return intercepted(e, func(ctx context.Context, c call, next func(context.Context) error) error {
		start := time.Now()
		err := next(ctx)
		f(c.method, time.Since(start), err)
		return err
	})
}
