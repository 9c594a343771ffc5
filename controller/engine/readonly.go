package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrReadOnly is what each method of a Writer returns behind ReadOnly.
var ErrReadOnly = errors.New("engine is read-only")

// ReadOnly lets a Reader's calls through and refuses each of a Writer's with ErrReadOnly, which names the method. With it
// a command proves that it changes nothing, however wrong the code above is.
func ReadOnly(e Engine) Engine { return readOnly{Reader: e} }

type readOnly struct{ Reader }

func refuse(method string) error { return fmt.Errorf("%s: %w", method, ErrReadOnly) }

func (readOnly) Pull(context.Context, string, func(Progress)) error { return refuse("Pull") }

func (readOnly) CreateVolume(context.Context, string, map[string]string) error {
	return refuse("CreateVolume")
}
func (readOnly) RemoveVolume(context.Context, string) error { return refuse("RemoveVolume") }

func (readOnly) Create(context.Context, ContainerSpec) (string, error) { return "", refuse("Create") }

func (readOnly) PrepareVolumes(context.Context, string, string) error {
	return refuse("PrepareVolumes")
}

func (readOnly) Start(context.Context, string) error               { return refuse("Start") }
func (readOnly) Stop(context.Context, string, time.Duration) error { return refuse("Stop") }
func (readOnly) Remove(context.Context, string) error              { return refuse("Remove") }
func (readOnly) Discard(context.Context, string) error             { return refuse("Discard") }
func (readOnly) Rename(context.Context, string, string) error      { return refuse("Rename") }
func (readOnly) Update(context.Context, string, Limits) error      { return refuse("Update") }
func (readOnly) Unpause(context.Context, string) error             { return refuse("Unpause") }
func (readOnly) Connect(context.Context, string, string) error     { return refuse("Connect") }
func (readOnly) Disconnect(context.Context, string, string) error  { return refuse("Disconnect") }

// Run is refused as well: nobody can tell what a command changes.
func (readOnly) Run(context.Context, string, []string, Mark) (RunResult, error) {
	return RunResult{}, refuse("Run")
}

func (readOnly) EndRuns(context.Context, string, Mark, []string) error { return refuse("EndRuns") }
