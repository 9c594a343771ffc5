package engine

import (
	"context"
	"errors"
	"fmt"
)

// ErrReadOnly is what each of a Writer's methods returns behind ReadOnly.
var ErrReadOnly = errors.New("engine is read-only")

// ReadOnly passes a Reader's calls on and refuses each of a Writer's with ErrReadOnly and the method's name. It has no
// Writer, so that a command proves with it that it changes nothing, by construction. Run is refused as well,
// because the effect of a command is not known.
func ReadOnly(e Engine) Engine {
	return composed{e, interceptedWriter{around: func(_ context.Context, c call, _ func(context.Context) error) error {
		return fmt.Errorf("%s: %w", c.method, ErrReadOnly)
	}}}
}
