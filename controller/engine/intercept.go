package engine

import (
	"context"
	"time"
)

// call describes a call of one of an Engine's methods.
type call struct {
	// method is the method's name, such as "Start", and doing describes the call, such as "start container web".
	method, doing string
	// id of the container, for methods that take one.
	id string
	// grace is the grace period of a Stop.
	grace time.Duration
}

// interceptor surrounds calls: next carries the call out, and what the interceptor returns is the caller's error.
type interceptor func(ctx context.Context, c call, next func(context.Context) error) error

// interceptedReader passes each call of a Reader through an interceptor. Like interceptedWriter it embeds no interface, so
// that no method added to the interface bypasses the interceptor.
type interceptedReader struct {
	r      Reader
	around interceptor
}

type interceptedWriter struct {
	w      Writer
	around interceptor
}

// intercepted is an Engine whose calls all pass through an interceptor.
func intercepted(e Engine, around interceptor) Engine {
	return composed{interceptedReader{e, around}, interceptedWriter{e, around}}
}

// interceptedWrites is an Engine whose changing calls pass through an interceptor.
func interceptedWrites(e Engine, around interceptor) Engine {
	return composed{e, interceptedWriter{e, around}}
}

type composed struct {
	Reader
	Writer
}

// resultOf is the interceptor for methods with a result.
func resultOf[T any](ctx context.Context, around interceptor, c call, next func(context.Context) (T, error)) (out T, err error) {
	err = around(ctx, c, func(ctx context.Context) (err error) {
		out, err = next(ctx)
		return err
	})
	return out, err
}

func (x interceptedReader) List(ctx context.Context, instance string) ([]Container, error) {
	c := call{method: "List", doing: "list containers"}
	return resultOf(ctx, x.around, c, func(ctx context.Context) ([]Container, error) { return x.r.List(ctx, instance) })
}

func (x interceptedReader) Inspect(ctx context.Context, id string) (Container, error) {
	c := call{method: "Inspect", doing: "inspect container " + id, id: id}
	return resultOf(ctx, x.around, c, func(ctx context.Context) (Container, error) { return x.r.Inspect(ctx, id) })
}

func (x interceptedReader) Image(ctx context.Context, ref string) (Image, error) {
	c := call{method: "Image", doing: "inspect image " + ref}
	return resultOf(ctx, x.around, c, func(ctx context.Context) (Image, error) { return x.r.Image(ctx, ref) })
}

func (x interceptedReader) Volumes(ctx context.Context, instance string) ([]Volume, error) {
	c := call{method: "Volumes", doing: "list volumes"}
	return resultOf(ctx, x.around, c, func(ctx context.Context) ([]Volume, error) { return x.r.Volumes(ctx, instance) })
}

func (x interceptedReader) Info(ctx context.Context) (Info, error) {
	return resultOf(ctx, x.around, call{method: "Info", doing: "ask for the engine's version"}, x.r.Info)
}

func (x interceptedReader) Events(ctx context.Context, since time.Time) (Stream, error) {
	c := call{method: "Events", doing: "watch events"}
	return resultOf(ctx, x.around, c, func(ctx context.Context) (Stream, error) { return x.r.Events(ctx, since) })
}

func (x interceptedWriter) Pull(ctx context.Context, ref string, progress func(Progress)) error {
	c := call{method: "Pull", doing: "pull " + ref}
	return x.around(ctx, c, func(ctx context.Context) error { return x.w.Pull(ctx, ref, progress) })
}

func (x interceptedWriter) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	c := call{method: "CreateVolume", doing: "create volume " + name}
	return x.around(ctx, c, func(ctx context.Context) error { return x.w.CreateVolume(ctx, name, labels) })
}

func (x interceptedWriter) RemoveVolume(ctx context.Context, name string) error {
	c := call{method: "RemoveVolume", doing: "remove volume " + name}
	return x.around(ctx, c, func(ctx context.Context) error { return x.w.RemoveVolume(ctx, name) })
}

func (x interceptedWriter) Create(ctx context.Context, spec ContainerSpec) (string, error) {
	c := call{method: "Create", doing: "create container " + spec.Name}
	return resultOf(ctx, x.around, c, func(ctx context.Context) (string, error) { return x.w.Create(ctx, spec) })
}

// container passes a call that changes one container through the interceptor.
func (x interceptedWriter) container(ctx context.Context, method, doing, id string, next func(context.Context) error) error {
	return x.around(ctx, call{method: method, doing: doing + " container " + id, id: id}, next)
}

func (x interceptedWriter) PrepareVolumes(ctx context.Context, id, helper string) error {
	return x.container(ctx, "PrepareVolumes", "prepare the volumes of", id, func(ctx context.Context) error {
		return x.w.PrepareVolumes(ctx, id, helper)
	})
}

func (x interceptedWriter) Start(ctx context.Context, id string) error {
	return x.container(ctx, "Start", "start", id, func(ctx context.Context) error { return x.w.Start(ctx, id) })
}

func (x interceptedWriter) Stop(ctx context.Context, id string, grace time.Duration) error {
	c := call{method: "Stop", doing: "stop container " + id, id: id, grace: grace}
	return x.around(ctx, c, func(ctx context.Context) error { return x.w.Stop(ctx, id, grace) })
}

func (x interceptedWriter) Remove(ctx context.Context, id string) error {
	return x.container(ctx, "Remove", "remove", id, func(ctx context.Context) error { return x.w.Remove(ctx, id) })
}

func (x interceptedWriter) Discard(ctx context.Context, id string) error {
	return x.container(ctx, "Discard", "remove", id, func(ctx context.Context) error { return x.w.Discard(ctx, id) })
}

func (x interceptedWriter) Rename(ctx context.Context, id, name string) error {
	c := call{method: "Rename", doing: "rename container " + id + " to " + name, id: id}
	return x.around(ctx, c, func(ctx context.Context) error { return x.w.Rename(ctx, id, name) })
}

func (x interceptedWriter) Update(ctx context.Context, id string, limits Limits) error {
	return x.container(ctx, "Update", "update", id, func(ctx context.Context) error { return x.w.Update(ctx, id, limits) })
}

func (x interceptedWriter) Unpause(ctx context.Context, id string) error {
	return x.container(ctx, "Unpause", "unpause", id, func(ctx context.Context) error { return x.w.Unpause(ctx, id) })
}

func (x interceptedWriter) Connect(ctx context.Context, id, network string) error {
	return x.container(ctx, "Connect", "connect", id, func(ctx context.Context) error { return x.w.Connect(ctx, id, network) })
}

func (x interceptedWriter) Run(ctx context.Context, id string, command []string, mark Mark) (RunResult, error) {
	c := call{method: "Run", doing: "run a command in container " + id, id: id}
	return resultOf(ctx, x.around, c, func(ctx context.Context) (RunResult, error) { return x.w.Run(ctx, id, command, mark) })
}

func (x interceptedWriter) EndRuns(ctx context.Context, id string, mark Mark, command []string) error {
	return x.container(ctx, "EndRuns", "end the commands in", id, func(ctx context.Context) error {
		return x.w.EndRuns(ctx, id, mark, command)
	})
}
