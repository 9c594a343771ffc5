package engine

import (
	"context"
	"time"
)

// Observer is told of each call's end: the method's name, its duration and its error. It is called from the goroutine of
// the call, and by several at once.
type Observer func(op string, d time.Duration, err error)

// Observed reports each call to f. Of Events it reports the subscription, not the stream.
func Observed(e Engine, f Observer) Engine { return observed{e, f} }

type observed struct {
	e Engine
	f Observer
}

func (o observed) do(op string, call func() error) error {
	start := time.Now()
	err := call()
	o.f(op, time.Since(start), err)
	return err
}

func observe[T any](o observed, op string, call func() (T, error)) (result T, err error) {
	err = o.do(op, func() (err error) {
		result, err = call()
		return err
	})
	return result, err
}

func (o observed) List(ctx context.Context, instance string) ([]Container, error) {
	return observe(o, "List", func() ([]Container, error) { return o.e.List(ctx, instance) })
}

func (o observed) Inspect(ctx context.Context, id string) (Container, error) {
	return observe(o, "Inspect", func() (Container, error) { return o.e.Inspect(ctx, id) })
}

func (o observed) Image(ctx context.Context, ref string) (Image, error) {
	return observe(o, "Image", func() (Image, error) { return o.e.Image(ctx, ref) })
}

func (o observed) Volumes(ctx context.Context, instance string) ([]Volume, error) {
	return observe(o, "Volumes", func() ([]Volume, error) { return o.e.Volumes(ctx, instance) })
}

func (o observed) Info(ctx context.Context) (Info, error) {
	return observe(o, "Info", func() (Info, error) { return o.e.Info(ctx) })
}

func (o observed) Events(ctx context.Context, since time.Time) (Stream, error) {
	return observe(o, "Events", func() (Stream, error) { return o.e.Events(ctx, since) })
}

func (o observed) Pull(ctx context.Context, ref string, progress func(Progress)) error {
	return o.do("Pull", func() error { return o.e.Pull(ctx, ref, progress) })
}

func (o observed) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	return o.do("CreateVolume", func() error { return o.e.CreateVolume(ctx, name, labels) })
}

func (o observed) RemoveVolume(ctx context.Context, name string) error {
	return o.do("RemoveVolume", func() error { return o.e.RemoveVolume(ctx, name) })
}

func (o observed) Create(ctx context.Context, spec ContainerSpec) (string, error) {
	return observe(o, "Create", func() (string, error) { return o.e.Create(ctx, spec) })
}

func (o observed) PrepareVolumes(ctx context.Context, id, helper string) error {
	return o.do("PrepareVolumes", func() error { return o.e.PrepareVolumes(ctx, id, helper) })
}

func (o observed) Start(ctx context.Context, id string) error {
	return o.do("Start", func() error { return o.e.Start(ctx, id) })
}

func (o observed) Stop(ctx context.Context, id string, grace time.Duration) error {
	return o.do("Stop", func() error { return o.e.Stop(ctx, id, grace) })
}

func (o observed) Remove(ctx context.Context, id string) error {
	return o.do("Remove", func() error { return o.e.Remove(ctx, id) })
}

func (o observed) Discard(ctx context.Context, id string) error {
	return o.do("Discard", func() error { return o.e.Discard(ctx, id) })
}

func (o observed) Rename(ctx context.Context, id, name string) error {
	return o.do("Rename", func() error { return o.e.Rename(ctx, id, name) })
}

func (o observed) Update(ctx context.Context, id string, limits Limits) error {
	return o.do("Update", func() error { return o.e.Update(ctx, id, limits) })
}

func (o observed) Unpause(ctx context.Context, id string) error {
	return o.do("Unpause", func() error { return o.e.Unpause(ctx, id) })
}

func (o observed) Connect(ctx context.Context, id, network string) error {
	return o.do("Connect", func() error { return o.e.Connect(ctx, id, network) })
}

func (o observed) Disconnect(ctx context.Context, id, network string) error {
	return o.do("Disconnect", func() error { return o.e.Disconnect(ctx, id, network) })
}

func (o observed) Run(ctx context.Context, id string, command []string, mark Mark) (RunResult, error) {
	return observe(o, "Run", func() (RunResult, error) { return o.e.Run(ctx, id, command, mark) })
}

func (o observed) EndRuns(ctx context.Context, id string, mark Mark, command []string) error {
	return o.do("EndRuns", func() error { return o.e.EndRuns(ctx, id, mark, command) })
}
