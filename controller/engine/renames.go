package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrBusy: a running container cannot be renamed now, because another one is being detached from its networks.
var ErrBusy = errors.New("the engine is busy")

const (
	// renameWaits is how long a rename waits for the lock before it is put off.
	renameWaits = time.Second
	// detachWaits is how long a call that detaches a container waits for a rename to end. No rename takes longer, see
	// WriteWithin, and whatever holds the lock for longer must not prevent a workspace from being stopped.
	detachWaits = WriteWithin
	lockEvery   = 10 * time.Millisecond
)

// RenameLock separates renames of running containers from calls that may detach a container from its networks. Neither method
// waits: ok reports whether the lock was taken, and unlock releases it.
type RenameLock interface {
	// TryDetach takes the lock for a call that may detach a container. Any number of such calls share it.
	TryDetach() (unlock func(), ok bool)
	// TryRename takes the lock for a rename of a running container, which shares it with no other call.
	TryRename() (unlock func(), ok bool)
}

// SafeRenames renames no running container while another one starts, stops, or is removed: Engine 20.10 deadlocks for good when
// a running container is renamed while another one leaves a network, because each of the two calls waits for the lock that the
// other one holds. A start counts because a failed start leaves its networks again. A rename that does not get all locks soon is
// ErrBusy; it delays the other calls only while it is in progress.
//
// A container that does not run is on no network and can be renamed at any time.
func SafeRenames(e Engine, locks ...RenameLock) Engine {
	l := renameLocks(locks)
	return interceptedWrites(e, func(ctx context.Context, c call, next func(context.Context) error) error {
		switch c.method {
		case "Start", "Stop", "Remove", "Discard", "PrepareVolumes": // PrepareVolumes removes its helper.
			unlock, _, err := await(ctx, l.TryDetach, detachWaits)
			if err != nil {
				return fmt.Errorf("%s: %w", c.doing, err)
			}
			defer unlock()
		case "Rename":
			unlock, err := l.rename(ctx, e, c.id)
			if err != nil {
				return fmt.Errorf("%s: %w", c.doing, err)
			}
			defer unlock()
		}
		return next(ctx)
	})
}

// await tries to take a lock for a while. unlock is never nil.
func await(ctx context.Context, try func() (func(), bool), within time.Duration) (unlock func(), ok bool, err error) {
	if unlock, ok = try(); ok {
		return unlock, true, nil
	}
	limit, tick := time.NewTimer(within), time.NewTicker(lockEvery)
	defer limit.Stop()
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return func() {}, false, ctx.Err()
		case <-limit.C:
			return func() {}, false, nil
		case <-tick.C:
			if unlock, ok = try(); ok {
				return unlock, true, nil
			}
		}
	}
}

// renameLocks are taken together.
type renameLocks []RenameLock

// rename takes the locks if the container is attached to networks.
func (l renameLocks) rename(ctx context.Context, e Reader, id string) (unlock func(), err error) {
	c, err := e.Inspect(ctx, id)
	if err != nil {
		return nil, err
	}
	switch c.State {
	case StateCreated, StateExited, StateDead:
		return func() {}, nil
	}
	unlock, ok, err := await(ctx, l.TryRename, renameWaits)
	if err == nil && !ok {
		err = fmt.Errorf("%w: it runs, and others are being started, stopped or removed", ErrBusy)
	}
	return unlock, err
}

func (l renameLocks) TryDetach() (unlock func(), ok bool) { return l.try(RenameLock.TryDetach) }

func (l renameLocks) TryRename() (unlock func(), ok bool) { return l.try(RenameLock.TryRename) }

func (l renameLocks) try(how func(RenameLock) (func(), bool)) (unlock func(), ok bool) {
	var taken []func()
	unlock = func() {
		for _, release := range slices.Backward(taken) {
			release()
		}
	}
	for _, lock := range l {
		release, ok := how(lock)
		if !ok {
			unlock()
			return nil, false
		}
		taken = append(taken, release)
	}
	return unlock, true
}

// NewRenameLock makes a lock for the calls of this process.
func NewRenameLock() RenameLock { return &processRenameLock{} }

// processRenameLock only tries its lock: a goroutine that waits for the write lock of a sync.RWMutex keeps new readers out.
type processRenameLock struct{ mu sync.RWMutex }

func (l *processRenameLock) TryDetach() (unlock func(), ok bool) {
	return l.mu.RUnlock, l.mu.TryRLock()
}

func (l *processRenameLock) TryRename() (unlock func(), ok bool) { return l.mu.Unlock, l.mu.TryLock() }
