package engine

import "errors"

// The classes of errors. An engine's errors wrap one of these where it applies; the text is for people.
var (
	// ErrNotFound: the container, volume or network does not exist.
	ErrNotFound = errors.New("not found")
	// ErrImageNotFound: the image is not present locally (Create, Image) or not in its registry (Pull).
	ErrImageNotFound = errors.New("image not found")
	// ErrImageMissing is both: Image promises ErrNotFound, and what is not found is an image.
	ErrImageMissing = errors.Join(ErrNotFound, ErrImageNotFound)
	// ErrUnauthorized: the registry wants other credentials.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrNameInUse: another container holds the name.
	ErrNameInUse = errors.New("name in use")
	// ErrInUse: a volume is still used by a container.
	ErrInUse = errors.New("in use")
	// ErrUnavailable: the engine cannot be reached or is going down: nothing can be concluded from the call.
	ErrUnavailable = errors.New("engine unavailable")
	// ErrStalled: no byte arrived for too long.
	ErrStalled = errors.New("stalled")
	// ErrStillRunning: what was to be ended in a container goes on.
	ErrStillRunning = errors.New("still running")
	// ErrInvalid: the engine does not accept the request, now or later.
	ErrInvalid = errors.New("invalid")
)
