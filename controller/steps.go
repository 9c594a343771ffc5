package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// step is one call to the engine, or a setup. Its error has no secrets.
func (x *execution) step(ctx context.Context, s plan.Step) error {
	err := x.call(ctx, s)
	if s.Op == plan.OpSetup {
		return err
	}
	return secretFree(ctx, x.executor.engine, x.view.in, "", err)
}

func (x *execution) call(ctx context.Context, s plan.Step) error {
	e := x.executor.engine
	if s.Interruptible() {
		ctx = x.preemptible
	}
	switch s.Op {
	case plan.OpPull:
		return x.executor.images.pull(ctx, s.Image, x.pulling(s.Image))
	case plan.OpCreateVolume:
		return e.CreateVolume(ctx, s.Volume, s.Labels)
	case plan.OpCreate:
		return x.create(ctx, s)
	case plan.OpStart:
		return x.start(ctx, s)
	case plan.OpStop:
		return e.Stop(ctx, x.id(s.Container), s.Grace)
	case plan.OpRename:
		return e.Rename(ctx, x.id(s.Container), s.To)
	case plan.OpRemove:
		if s.Discard {
			return e.Discard(ctx, x.id(s.Container))
		}
		return e.Remove(ctx, x.id(s.Container))
	case plan.OpUpdate:
		return e.Update(ctx, x.id(s.Container), s.Limits)
	case plan.OpUnpause:
		return e.Unpause(ctx, x.id(s.Container))
	case plan.OpConnect:
		return e.Connect(ctx, x.id(s.Container), s.Network)
	case plan.OpSetup:
		return x.setup(ctx, x.id(s.Container), s)
	case plan.OpEndSetup:
		x.executor.setups.end(x.plan.Name)
		return nil
	case plan.OpCheckStart:
		return x.checkStart(ctx, s)
	case plan.OpRemoveVolume:
		return x.removeVolume(ctx, s.Volume)
	default:
		return fmt.Errorf("unknown step %q", s.Op)
	}
}

func (x *execution) create(ctx context.Context, s plan.Step) error {
	id, err := x.executor.engine.Create(ctx, *s.Create)
	if errors.Is(err, engine.ErrImageNotFound) {
		x.executor.images.forget(s.Create.Image)
	}
	x.created = id
	if id != "" {
		x.touched = append(x.touched, id)
	}
	return err
}

// start starts a container. Before that it remembers what the container mounts, and that its setup is pending.
func (x *execution) start(ctx context.Context, s plan.Step) error {
	id := x.id(s.Container)
	sources := x.executor.sources.atStart(id, s.Sources)
	x.remember(func(m plan.Memory) plan.Memory {
		if s.PendingSetup {
			x.setupBefore = m.PendingSetup
		}
		return m.Starting(s, id, sources)
	})
	if s.Helper != "" {
		if err := x.executor.engine.PrepareVolumes(ctx, id, s.Helper); err != nil {
			return err
		}
	}
	began := time.Now()
	err := x.executor.engine.Start(ctx, id)
	x.startTook = time.Since(began)
	return err
}

// checkStart inspects a container once after its start, when at least as long has passed as the start took: what is
// slow on an engine or a machine is slow in the container, too. If the container is gone, the reconcile ends and the
// previous one is kept.
func (x *execution) checkStart(ctx context.Context, s plan.Step) error {
	if err := pause.For(ctx, max(plan.StartCheckAfter, min(x.startTook, startCheckWithin))); err != nil {
		return err
	}
	inspected, err := x.executor.engine.Inspect(ctx, x.id(s.Container))
	if err != nil {
		return err
	}
	return s.CheckStarted(inspected)
}

// pulling publishes the progress of a pull in whole percents.
func (x *execution) pulling(image string) func(engine.Progress) {
	last := int64(-1)
	return func(p engine.Progress) {
		if p.Total == 0 {
			return
		}
		if percent := p.Current * 100 / p.Total; percent != last {
			last = percent
			x.executor.publisher.publish(x.view, x.plan, "Pulling", fmt.Sprintf("pulling %s: %d%% of %d MB", image, percent, p.Total>>20))
		}
	}
}

// removeVolume removes a volume, unless another manifest or container names it by now. A volume that is in use is
// kept, too.
func (x *execution) removeVolume(ctx context.Context, name string) error {
	err := engine.ErrInUse
	if !x.executor.volumesOfOthers(x.plan.Name)[name] {
		err = x.executor.engine.RemoveVolume(ctx, name)
	}
	if errors.Is(err, engine.ErrInUse) {
		x.kept = append(x.kept, name)
		return nil
	}
	if err == nil {
		x.removed = append(x.removed, name)
	}
	return err
}

// volumesText names the volumes that a removal removed, and those that it kept.
func (x *execution) volumesText() string {
	text := ""
	if len(x.removed) > 0 {
		text += "; removed volumes " + strings.Join(x.removed, ", ")
	}
	if len(x.kept) > 0 {
		text += "; kept volumes that are in use: " + strings.Join(x.kept, ", ")
	}
	return text
}
