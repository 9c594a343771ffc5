package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// ReadWithin is how long a call that only reads may take.
	ReadWithin = 30 * time.Second
	// WriteWithin is how long a call that changes something may take; a stop has its grace on top.
	WriteWithin = 2 * time.Minute
	// PrepareWithin is how long the volumes of a workspace may take to be prepared: they may hold many files.
	PrepareWithin = 10 * time.Minute
)

// Deadlines lets no call wait for ever: an engine that does not answer in time is unavailable. Not limited are Pull, which
// ends when nothing arrives any more, Run and EndRuns, whose callers know how long a command may take, and the stream of
// Events, which has no end: only its subscription is. An engine in the middle of a call that was given up may carry it out.
func Deadlines(e Engine) Engine { return deadlines{e} }

type deadlines struct{ Engine }

func within(ctx context.Context, d time.Duration, op string, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := call(limited)
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w: it did not answer within %s", op, ErrUnavailable, d)
	}
	return err
}

func withinTo[T any](ctx context.Context, d time.Duration, op string, call func(context.Context) (T, error)) (out T, err error) {
	err = within(ctx, d, op, func(ctx context.Context) (err error) {
		out, err = call(ctx)
		return err
	})
	return out, err
}

func (d deadlines) List(ctx context.Context, instance string) ([]Container, error) {
	return withinTo(ctx, ReadWithin, "list containers", func(ctx context.Context) ([]Container, error) { return d.Engine.List(ctx, instance) })
}

func (d deadlines) Inspect(ctx context.Context, id string) (Container, error) {
	return withinTo(ctx, ReadWithin, "inspect container "+id, func(ctx context.Context) (Container, error) { return d.Engine.Inspect(ctx, id) })
}

func (d deadlines) Image(ctx context.Context, ref string) (Image, error) {
	return withinTo(ctx, ReadWithin, "inspect image "+ref, func(ctx context.Context) (Image, error) { return d.Engine.Image(ctx, ref) })
}

func (d deadlines) Volumes(ctx context.Context, instance string) ([]Volume, error) {
	return withinTo(ctx, ReadWithin, "list volumes", func(ctx context.Context) ([]Volume, error) { return d.Engine.Volumes(ctx, instance) })
}

func (d deadlines) Info(ctx context.Context) (Info, error) {
	return withinTo(ctx, ReadWithin, "ask for the engine's version", d.Engine.Info)
}

func (d deadlines) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	return within(ctx, WriteWithin, "create volume "+name, func(ctx context.Context) error { return d.Engine.CreateVolume(ctx, name, labels) })
}

func (d deadlines) RemoveVolume(ctx context.Context, name string) error {
	return within(ctx, WriteWithin, "remove volume "+name, func(ctx context.Context) error { return d.Engine.RemoveVolume(ctx, name) })
}

func (d deadlines) Create(ctx context.Context, spec ContainerSpec) (string, error) {
	return withinTo(ctx, WriteWithin, "create container "+spec.Name, func(ctx context.Context) (string, error) { return d.Engine.Create(ctx, spec) })
}

func (d deadlines) PrepareVolumes(ctx context.Context, id, helper string) error {
	return within(ctx, PrepareWithin, "prepare the volumes of container "+id, func(ctx context.Context) error {
		return d.Engine.PrepareVolumes(ctx, id, helper)
	})
}

func (d deadlines) Start(ctx context.Context, id string) error {
	return within(ctx, WriteWithin, "start container "+id, func(ctx context.Context) error { return d.Engine.Start(ctx, id) })
}

func (d deadlines) Stop(ctx context.Context, id string, grace time.Duration) error {
	return within(ctx, WriteWithin+grace, "stop container "+id, func(ctx context.Context) error { return d.Engine.Stop(ctx, id, grace) })
}

func (d deadlines) Remove(ctx context.Context, id string) error {
	return within(ctx, WriteWithin, "remove container "+id, func(ctx context.Context) error { return d.Engine.Remove(ctx, id) })
}

func (d deadlines) Discard(ctx context.Context, id string) error {
	return within(ctx, WriteWithin, "remove container "+id, func(ctx context.Context) error { return d.Engine.Discard(ctx, id) })
}

func (d deadlines) Rename(ctx context.Context, id, name string) error {
	return within(ctx, WriteWithin, "rename container "+id, func(ctx context.Context) error { return d.Engine.Rename(ctx, id, name) })
}

func (d deadlines) Update(ctx context.Context, id string, limits Limits) error {
	return within(ctx, WriteWithin, "update container "+id, func(ctx context.Context) error { return d.Engine.Update(ctx, id, limits) })
}

func (d deadlines) Unpause(ctx context.Context, id string) error {
	return within(ctx, WriteWithin, "unpause container "+id, func(ctx context.Context) error { return d.Engine.Unpause(ctx, id) })
}

func (d deadlines) Connect(ctx context.Context, id, network string) error {
	return within(ctx, WriteWithin, "connect container "+id, func(ctx context.Context) error { return d.Engine.Connect(ctx, id, network) })
}

func (d deadlines) Disconnect(ctx context.Context, id, network string) error {
	return within(ctx, WriteWithin, "disconnect container "+id, func(ctx context.Context) error { return d.Engine.Disconnect(ctx, id, network) })
}
