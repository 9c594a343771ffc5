package docker

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/system"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// Info always asks the engine: it is how one sees that it is there.
func (e *Engine) Info(ctx context.Context) (engine.Info, error) {
	info, version, err := e.info(ctx)
	if err != nil {
		return engine.Info{}, err
	}
	cli, err := e.client(ctx)
	if err != nil {
		return engine.Info{}, err
	}
	if cli.podman {
		// podman makes a new id up for each answer.
		info.ID = "podman:" + info.Name + ":" + info.DockerRootDir
	}
	return engine.Info{
		ID:         info.ID,
		Version:    info.ServerVersion,
		APIVersion: version,
		OS:         info.OperatingSystem,
		Arch:       info.Architecture,
		CPUs:       info.NCPU,
		Local:      e.endpoint.isSocket() && info.KernelVersion != "" && info.KernelVersion == kernel(),
		Address:    e.endpoint.address,
		Context:    e.endpoint.context,

		FixedLimits: cli.fixedLimits,
	}, nil
}

func (e *Engine) info(ctx context.Context) (info system.Info, version string, err error) {
	cli, err := e.client(ctx)
	if err != nil {
		return info, "", err
	}
	if info, err = cli.Info(ctx); err != nil {
		return info, "", e.translate(ctx, "ask engine for its info", err)
	}
	if info.NCPU > 0 {
		e.cpus.Store(int64(info.NCPU))
	}
	return info, cli.ClientVersion(), nil
}

// cores of the engine's machine. Each Info, and so each new event stream, refreshes them: a virtual machine's number of
// cores changes with a restart of its engine.
func (e *Engine) cores(ctx context.Context) (int, error) {
	if n := e.cpus.Load(); n > 0 {
		return int(n), nil
	}
	info, _, err := e.info(ctx)
	return info.NCPU, err
}

// now is the engine's clock; ours may differ, above all from that of a virtual machine that slept.
func (e *Engine) now(ctx context.Context) (time.Time, error) {
	info, _, err := e.info(ctx)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, info.SystemTime)
	if err != nil {
		// An engine without the field: the best guess is our own clock.
		return time.Now(), nil
	}
	return t, nil
}
