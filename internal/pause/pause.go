// Package pause waits between two attempts.
package pause

import (
	"context"
	"time"
)

// For waits for d, or until ctx ends. It returns the error of ctx, which is nil unless ctx has ended.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
