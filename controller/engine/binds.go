package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// HostPaths are the paths of this machine that containers must not reach by a bind mount.
type HostPaths struct {
	// Own are files and directories of the program's own, absolute.
	Own []string
	// Writable returns the directories that existing containers can write on the host; it may be nil.
	Writable func() []string
}

// CheckedBinds resolves the sources of bind mounts and checks where they lead, at each creation and each start. The engine is given
// the real path at the creation; at a start, that path must be free of links still: engines follow links anew at each start, and
// a container may have put one in the place of a directory that it can write. It is checked again after the start, because
// engines take a path and not an open directory; a container that came out elsewhere is stopped.
//
// Paths of another machine's engine, and of one in a virtual machine (macOS), cannot be looked at: those calls go through.
func CheckedBinds(e Engine, paths HostPaths) Engine { return &checkedBinds{Engine: e, paths: paths} }

type checkedBinds struct {
	Engine
	paths HostPaths
	// address of the engine; nil until the first Info.
	address atomic.Pointer[string]
}

func (c *checkedBinds) Info(ctx context.Context) (Info, error) {
	info, err := c.Engine.Info(ctx)
	if err == nil {
		c.address.Store(&info.Address)
	}
	return info, err
}

// at is the engine's address, and whether its host paths are this machine's.
func (c *checkedBinds) at(ctx context.Context) (address string, here bool, err error) {
	known := c.address.Load()
	if known == nil {
		info, err := c.Info(ctx)
		if err != nil {
			return "", false, err
		}
		known = &info.Address
	}
	return *known, runtime.GOOS == "linux" && strings.HasPrefix(*known, "unix://"), nil
}

func (c *checkedBinds) Create(ctx context.Context, spec ContainerSpec) (string, error) {
	if !slices.ContainsFunc(spec.Mounts, func(m Mount) bool { return m.Type == MountBind }) {
		return c.Engine.Create(ctx, spec)
	}
	address, here, err := c.at(ctx)
	if err != nil {
		return "", err
	}
	if here {
		resolved, err := bounded(ctx, func() ([]Mount, error) { return c.resolve(address, spec.Mounts) })
		if err != nil {
			return "", prefixed("create container "+spec.Name, err)
		}
		spec.Mounts = resolved
	}
	return c.Engine.Create(ctx, spec)
}

func (c *checkedBinds) Start(ctx context.Context, id string) error {
	seen, err := c.Engine.Inspect(ctx, id)
	switch {
	case err != nil:
		return err
	case len(seen.Binds) == 0 || seen.State == StateRunning:
		return c.Engine.Start(ctx, id)
	}
	address, here, err := c.at(ctx)
	if err != nil {
		return err
	}
	if !here {
		return c.Engine.Start(ctx, id)
	}
	check := func() error {
		_, err := bounded(ctx, func() (struct{}, error) { return struct{}{}, c.check(address, seen.Binds) })
		return err
	}
	doing := "start container " + ShortID(id)
	if err := check(); err != nil {
		return prefixed(doing, err)
	}
	if err := c.Engine.Start(ctx, id); err != nil {
		return err
	}
	refused := errors.Join(check(), c.mounted(ctx, id))
	if refused == nil {
		return nil
	}
	// Even if ctx has ended, a container with a wrong mount must not continue to run.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), WriteWithin)
	defer cancel()
	if err := c.Engine.Stop(ctx, id, 0); err != nil {
		return prefixed(doing, fmt.Errorf("%w; and it was not stopped: %w", refused, err))
	}
	return prefixed(doing, fmt.Errorf("stopped again: %w", refused))
}

// mounted compares the binds with the kernel's mount table of the container's process, if it can be read.
func (c *checkedBinds) mounted(ctx context.Context, id string) error {
	seen, err := c.Engine.Inspect(ctx, id)
	if err != nil || seen.State != StateRunning || seen.Details.PID == 0 {
		return nil //nolint:nilerr // It has ended, or the process is not known: the paths were checked.
	}
	for _, b := range seen.Binds {
		if elsewhere := cameOutElsewhere(seen.ID, seen.Details.PID, b); elsewhere != "" {
			return refusal(b.Source, elsewhere)
		}
	}
	return nil
}

// refusedError is a refused bind mount. Its class is ErrInvalid.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }
func (*refusedError) Unwrap() error   { return ErrInvalid }

func refusal(source, why string) error {
	return &refusedError{"mount " + source + " refused: " + why}
}

func prefixed(doing string, err error) error { return fmt.Errorf("%s: %w", doing, err) }

// bounded runs a check of file systems, and does not wait for it longer than ctx or lookWithin.
func bounded[T any](ctx context.Context, look func() (T, error)) (T, error) {
	type result struct {
		found T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		found, err := look()
		done <- result{found, err}
	}()
	// Even if ctx has ended, a result that is available at once is returned.
	late := time.NewTimer(lookWithin)
	defer late.Stop()
	var none T
	select {
	case r := <-done:
		return r.found, r.err
	case <-late.C:
		return none, fmt.Errorf("the file systems of the bind mounts' sources did not answer within %s", lookWithin)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// lookWithin is how long a check of paths may take.
const lookWithin = 20 * time.Second
