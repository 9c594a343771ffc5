// Package engine is the interface between the controller and a container engine: the requests of the controller and the types that
// it observes. It does not depend on Docker: package docker is the client of a real engine, package enginetest an engine in memory.
package engine

import (
	"context"
	"time"
)

// Engine is everything that the controller needs of a container engine. All methods are safe for concurrent use and return
// promptly when their context ends. Errors are classified by the values in errors.go.
type Engine interface {
	Reader
	Writer
}

// Reader has the methods that change nothing.
type Reader interface {
	// List returns every container of the instance, in any state, without Details.
	List(ctx context.Context, instance string) ([]Container, error)
	// Inspect returns one container, owned or not, by id or name, with Details; ErrNotFound if it does not exist.
	Inspect(ctx context.Context, id string) (Container, error)
	// Image returns a local image; ErrNotFound if it does not exist.
	Image(ctx context.Context, ref string) (Image, error)
	// Volumes returns the volumes that carry the instance's label.
	Volumes(ctx context.Context, instance string) ([]Volume, error)
	// Info describes the engine.
	Info(ctx context.Context) (Info, error)
	// Events subscribes to the events of containers, owned or not. When it returns without an error, the subscription is
	// effective: all later events are delivered. since replays the events that the engine remembers since then; zero
	// replays nothing. The channel is closed when the stream breaks or ctx ends; Err then returns the reason.
	Events(ctx context.Context, since time.Time) (Stream, error)
}

// Writer changes the engine. Each method is one step of a plan.
type Writer interface {
	// Pull fetches an image. progress may be nil; it is called from one goroutine.
	Pull(ctx context.Context, ref string, progress func(Progress)) error
	// CreateVolume makes a named volume with these labels; one that exists is left as it is, also if its labels differ.
	CreateVolume(ctx context.Context, name string, labels map[string]string) error
	// RemoveVolume removes a volume. It is no error if the volume does not exist, and ErrInUse if it is in use.
	RemoveVolume(ctx context.Context, name string) error
	// Create makes a container without starting it and returns its id. ErrNameInUse if another container has the
	// name, ErrImageNotFound if the image is not present.
	Create(ctx context.Context, spec ContainerSpec) (string, error)
	// PrepareVolumes lets the user of a container that never ran write to its named volumes, as a Pod's fsGroup does: a volume
	// that belongs to root is given to that user. Only volumes with an instance's label are changed. helper is the name of
	// a container that exists meanwhile, never runs, and carries the labels of the other one with an empty record.
	PrepareVolumes(ctx context.Context, id, helper string) error
	// Start starts a container. It is no error if it runs.
	Start(ctx context.Context, id string) error
	// Stop sends SIGTERM, and SIGKILL after grace. It returns when the container has stopped; it is no error if it does not run.
	Stop(ctx context.Context, id string, grace time.Duration) error
	// Remove removes a container that does not run, without its volumes. It returns when the container has been removed, also if
	// that had already happened or was in progress.
	Remove(ctx context.Context, id string) error
	// Discard is Remove for a container that never ran: it also removes the anonymous volumes that were made for it. Volumes that
	// it was created with by name stay, whatever their name is.
	Discard(ctx context.Context, id string) error
	// Rename gives a container another name. ErrNameInUse if another container has it.
	Rename(ctx context.Context, id, name string) error
	// Update sets all limits of a container in place, and its engine-side restart policy to none.
	Update(ctx context.Context, id string, limits Limits) error
	// Unpause resumes a paused container. It is no error if it is not paused.
	Unpause(ctx context.Context, id string) error
	// Connect attaches a container to a network. It is no error if it is attached.
	Connect(ctx context.Context, id, network string) error
	// Run executes a command in a running container and waits for it. If ctx ends first, the error is ctx's and the
	// process continues: engines have no call to end it. Its processes carry the mark, unless that is empty.
	Run(ctx context.Context, id string, command []string, mark Mark) (RunResult, error)
	// EndRuns ends the processes that Runs with this mark left in a container. It returns nil when none of them runs any more, also
	// if none did or the container does not run. command is the command that they ran: in a container without a shell it can
	// only be detected, which is ErrStillRunning.
	EndRuns(ctx context.Context, id string, mark Mark, command []string) error
}

// Mark identifies the processes of a Run. Child processes inherit it, and a later controller can find them by it.
type Mark string

// The marks.
const (
	MarkSetup Mark = "setup"
	MarkProbe Mark = "probe"
)

// RunResult is the result of a command in a container.
type RunResult struct {
	ExitCode int
	// Output is the end of stdout and stderr in order of arrival, at most 64 KiB.
	Output string
}
