// Package engine is the narrow waist between the controller and a container engine: what the controller asks for, and
// what it observes. There is no Docker in it: package docker talks to a real engine, package enginetest is one in memory.
package engine

import (
	"context"
	"time"
)

// Engine is all that the controller needs of a container engine. All methods are safe for concurrent use and return
// promptly when their context ends. Errors are classified by the values in errors.go.
type Engine interface {
	Reader
	Writer
}

// Reader observes. None of its methods changes anything.
type Reader interface {
	// List returns every container of the instance, in any state, without Details.
	List(ctx context.Context, instance string) ([]Container, error)
	// Inspect returns one container, ours or not, by id or name, with Details. ErrNotFound where there is none.
	Inspect(ctx context.Context, id string) (Container, error)
	// Image returns a local image. ErrNotFound where there is none.
	Image(ctx context.Context, ref string) (Image, error)
	// Volumes returns the volumes that carry the instance's label.
	Volumes(ctx context.Context, instance string) ([]Volume, error)
	// Info says what the engine is.
	Info(ctx context.Context) (Info, error)
	// Events subscribes to what happens to containers, ours or not. When it returns without an error the subscription is
	// in force: whatever happens from then on is delivered. since replays what the engine remembers since then; zero
	// replays nothing. The channel is closed when the stream breaks or ctx ends; Err then says why.
	Events(ctx context.Context, since time.Time) (Stream, error)
}

// Writer changes the engine. Each method is one step of a plan.
type Writer interface {
	// Pull fetches an image. progress may be nil; it is called from one goroutine.
	Pull(ctx context.Context, ref string, progress func(Progress)) error
	// CreateVolume makes a named volume with these labels; one that exists is left as it is, whatever its labels.
	CreateVolume(ctx context.Context, name string, labels map[string]string) error
	// RemoveVolume removes a volume. One that is gone is no error; one in use is ErrInUse.
	RemoveVolume(ctx context.Context, name string) error
	// Create makes a container without starting it and returns its id. ErrNameInUse where another container holds the
	// name, ErrImageNotFound where the image is not present.
	Create(ctx context.Context, spec ContainerSpec) (string, error)
	// PrepareVolumes lets the user of a container that never ran write to its named volumes, as a Pod's fsGroup does: a volume
	// that belongs to root is given to that user. Only volumes with an instance's label are changed. helper is the name of
	// a container that exists meanwhile, never runs, and carries the labels of the other one with an empty record.
	PrepareVolumes(ctx context.Context, id, helper string) error
	// Start starts a container; one that runs is no error.
	Start(ctx context.Context, id string) error
	// Stop sends SIGTERM, and SIGKILL after grace; one that does not run is no error. It returns when the container is down.
	Stop(ctx context.Context, id string, grace time.Duration) error
	// Remove removes a container that does not run, and not its volumes. One that is gone, or whose removal is already in
	// progress, is no error: it returns when the container is gone.
	Remove(ctx context.Context, id string) error
	// Discard is Remove for a container in which nothing ever ran: the anonymous volumes that were made for it go, too. Volumes
	// that it was created with by name stay, whatever their name is.
	Discard(ctx context.Context, id string) error
	// Rename gives a container another name. ErrNameInUse where that is taken.
	Rename(ctx context.Context, id, name string) error
	// Update sets all limits of a container in place, and its engine-side restart policy to none.
	Update(ctx context.Context, id string, limits Limits) error
	// Unpause resumes a paused container; one that is not paused is no error.
	Unpause(ctx context.Context, id string) error
	// Connect attaches a container to a network; one that is attached is no error.
	Connect(ctx context.Context, id, network string) error
	// Run executes a command in a running container and waits for it. When ctx ends first, its error is ctx's and the
	// process goes on: engines have no call to end it. What it starts carries the mark; empty for none.
	Run(ctx context.Context, id string, command []string, mark Mark) (RunResult, error)
	// EndRuns ends what Runs with this mark left in a container, with what they started, and returns nil when nothing of it
	// runs any more: also where nothing did, and where the container does not run. command is what they ran, for containers
	// without a shell, where it can only be found out and not be ended: ErrStillRunning.
	EndRuns(ctx context.Context, id string, mark Mark, command []string) error
}

// Mark of what a Run starts: it is inherited, and found again by whoever comes later, such as the next controller.
type Mark string

// The marks.
const (
	MarkSetup Mark = "setup"
	MarkProbe Mark = "probe"
)

// RunResult is the end of a command in a container.
type RunResult struct {
	ExitCode int
	// Output is the end of stdout and stderr in order of arrival, at most 64 KiB.
	Output string
}
