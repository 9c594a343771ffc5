package engine

import (
	"context"
	"time"
)

// Guard decides whether an engine may be changed.
type Guard interface {
	// Connected is told which engine answers, each time it says so. Its error is Info's.
	Connected(ctx context.Context, info Info) error
	// Allowed says why nothing may be changed any more; nil where it may. It is asked before each change.
	Allowed() error
}

// Guarded asks the guard before each of a Writer's calls, and tells it of each answer of Info.
func Guarded(e Engine, g Guard) Engine { return guarded{Reader: e, w: e, g: g} }

// guarded embeds no Writer, so that a new method cannot go past the guard.
type guarded struct {
	Reader
	w Writer
	g Guard
}

func (x guarded) do(call func() error) error {
	if err := x.g.Allowed(); err != nil {
		return err
	}
	return call()
}

func (x guarded) Info(ctx context.Context) (Info, error) {
	info, err := x.Reader.Info(ctx)
	if err != nil {
		return info, err
	}
	return info, x.g.Connected(ctx, info)
}

func (x guarded) Pull(ctx context.Context, ref string, progress func(Progress)) error {
	return x.do(func() error { return x.w.Pull(ctx, ref, progress) })
}

func (x guarded) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	return x.do(func() error { return x.w.CreateVolume(ctx, name, labels) })
}

func (x guarded) RemoveVolume(ctx context.Context, name string) error {
	return x.do(func() error { return x.w.RemoveVolume(ctx, name) })
}

func (x guarded) Create(ctx context.Context, spec ContainerSpec) (id string, err error) {
	err = x.do(func() error {
		id, err = x.w.Create(ctx, spec)
		return err
	})
	return id, err
}

func (x guarded) PrepareVolumes(ctx context.Context, id, helper string) error {
	return x.do(func() error { return x.w.PrepareVolumes(ctx, id, helper) })
}

func (x guarded) Start(ctx context.Context, id string) error {
	return x.do(func() error { return x.w.Start(ctx, id) })
}

func (x guarded) Stop(ctx context.Context, id string, grace time.Duration) error {
	return x.do(func() error { return x.w.Stop(ctx, id, grace) })
}

func (x guarded) Remove(ctx context.Context, id string) error {
	return x.do(func() error { return x.w.Remove(ctx, id) })
}

func (x guarded) Discard(ctx context.Context, id string) error {
	return x.do(func() error { return x.w.Discard(ctx, id) })
}

func (x guarded) Rename(ctx context.Context, id, name string) error {
	return x.do(func() error { return x.w.Rename(ctx, id, name) })
}

func (x guarded) Update(ctx context.Context, id string, limits Limits) error {
	return x.do(func() error { return x.w.Update(ctx, id, limits) })
}

func (x guarded) Unpause(ctx context.Context, id string) error {
	return x.do(func() error { return x.w.Unpause(ctx, id) })
}

func (x guarded) Connect(ctx context.Context, id, network string) error {
	return x.do(func() error { return x.w.Connect(ctx, id, network) })
}

func (x guarded) Disconnect(ctx context.Context, id, network string) error {
	return x.do(func() error { return x.w.Disconnect(ctx, id, network) })
}

func (x guarded) Run(ctx context.Context, id string, command []string, mark Mark) (result RunResult, err error) {
	err = x.do(func() error {
		result, err = x.w.Run(ctx, id, command, mark)
		return err
	})
	return result, err
}

func (x guarded) EndRuns(ctx context.Context, id string, mark Mark, command []string) error {
	return x.do(func() error { return x.w.EndRuns(ctx, id, mark, command) })
}
