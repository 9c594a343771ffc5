package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/count"
)

// DefaultTimeout is how long an answer may take, over all tries: more than a slow and busy machine needs.
const DefaultTimeout = 3 * time.Minute

// unanswered says whether an error is that no answer came in time, of which nothing follows, and not an answer.
func unanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, engine.ErrUnavailable)
}

// retryEvery is the time between two tries.
const retryEvery = 100 * time.Millisecond

// insist tries until there is an answer, right or wrong, or the time for it is over.
func insist[T any](ctx context.Context, t *trial, try func(context.Context) (T, error)) (T, error) {
	limited, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	begun := t.clock.Now()
	for tries := 1; ; tries++ {
		out, err := try(limited)
		if !unanswered(err) || ctx.Err() != nil {
			return out, err
		}
		select {
		case <-t.clock.After(retryEvery):
		case <-limited.Done():
		}
		if limited.Err() != nil {
			return out, fmt.Errorf("no answer in %s, tried %s: %w", t.clock.Since(begun).Round(time.Second), count.Of(tries, "time"), err)
		}
	}
}

const (
	// patience and often are how long, and in how many tries, a server that has just been started may refuse to answer. A slow
	// machine is slow to try too.
	patience = 5 * time.Second
	often    = 20
)

// retry tries until it is done, or the server has refused for long enough and often enough to call that its answer.
func (t *trial) retry(ctx context.Context, try func() (done bool, err error)) error {
	deadline := t.clock.Now().Add(patience)
	for tries := 1; ; tries++ {
		done, err := try()
		if done || err != nil || tries >= often && !t.clock.Now().Before(deadline) {
			return err
		}
		select {
		case <-t.clock.After(retryEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
