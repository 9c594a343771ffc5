package metrics

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// EngineCalled is an engine.Observer: wrap the engine with it.
func (m *Metrics) EngineCalled(op string, d time.Duration, err error) {
	operation, result := snake(op), callResult(err)
	m.calls.WithLabelValues(operation, result).Inc()
	m.callDuration.WithLabelValues(operation, result).Observe(d.Seconds())
}

// snake turns the name of a method into a label's value: CreateVolume into create_volume.
func snake(op string) string {
	var b strings.Builder
	for i, r := range op {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// callResult is the class of an error in a word. The context's errors come first: an engine may wrap them in its own.
func callResult(err error) string {
	if err == nil {
		return "ok"
	}
	for _, class := range []struct {
		is   error
		word string
	}{
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "timeout"},
		{engine.ErrUnavailable, "unavailable"},
		{engine.ErrImageNotFound, "image_not_found"},
		{engine.ErrNotFound, "not_found"},
		{engine.ErrUnauthorized, "unauthorized"},
		{engine.ErrNameInUse, "name_in_use"},
		{engine.ErrInUse, "in_use"},
		{engine.ErrStalled, "stalled"},
		{engine.ErrInvalid, "invalid"},
	} {
		if errors.Is(err, class.is) {
			return class.word
		}
	}
	return "error"
}
