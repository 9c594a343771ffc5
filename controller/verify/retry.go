package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/internal/count"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// DefaultTimeout is how long an answer may take, over all tries: more than a slow and busy machine needs.
const DefaultTimeout = 3 * time.Minute

const (
	// retryEvery is the time between two tries.
	retryEvery = 100 * time.Millisecond
	// startTimeout and startTries are how long, and in how many tries, a server that was just started may fail to answer: a slow
	// machine also takes longer for each try.
	startTimeout = 5 * time.Second
	startTries   = 20
)

// unanswered reports whether an error means that no answer came in time, and not that an answer was wrong.
func unanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, engine.ErrUnavailable)
}

// untilAnswered repeats a call until it is answered, correctly or not, or the timeout is over.
func untilAnswered[T any](ctx context.Context, timeout time.Duration, call func(context.Context) (T, error)) (T, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begun := time.Now()
	for tries := 1; ; tries++ {
		out, err := call(limited)
		if !unanswered(err) || ctx.Err() != nil {
			return out, err
		}
		if pause.For(limited, retryEvery) != nil {
			took := time.Since(begun).Round(time.Second)
			return out, fmt.Errorf("no answer in %s, tried %s: %w", took, count.Of(tries, "time"), err)
		}
	}
}

// untilStarted repeats a call until it is done, or has failed for so long and so often that the server is not just starting.
func untilStarted(ctx context.Context, try func() (done bool, err error)) error {
	begun := time.Now()
	for tries := 1; ; tries++ {
		done, err := try()
		if done || err != nil || tries >= startTries && time.Since(begun) >= startTimeout {
			return err
		}
		if err := pause.For(ctx, retryEvery); err != nil {
			return err
		}
	}
}
