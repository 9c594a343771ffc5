package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrBusy: a running container cannot be renamed now, because another one is leaving its networks.
var ErrBusy = errors.New("the engine is busy")

const (
	// renameWaits is how long a rename waits for others to be done before it is put off.
	renameWaits = time.Second
	// leaveWaits is how long what takes a container off its networks waits for a rename: no rename takes longer, see
	// WriteWithin, and whatever holds the turn for longer keeps no workspace from being stopped.
	leaveWaits = WriteWithin
	turnEvery  = 10 * time.Millisecond
)

// Turns keeps the renaming of a running container apart from all that takes a container off its networks. Neither call waits:
// ok says whether it is the caller's turn, which ends with done.
type Turns interface {
	// Leave is the turn of a call that may take a container off its networks. Any number of them go on at a time.
	Leave() (done func(), ok bool)
	// Rename is the turn of a call that renames a running container: of one alone.
	Rename() (done func(), ok bool)
}

// TakingTurns renames no running container while another one starts, stops, is removed or is disconnected: Engine 20.10 locks
// up for good when a running container is renamed while another one leaves a network, as each of the two calls waits for the
// lock that the other holds. A start counts because one that fails leaves its networks again. A rename that does not get its
// turn soon is ErrBusy; it never makes the others wait for their turn but while it is under way.
//
// What does not run is on no network, and renamed at any time.
func TakingTurns(e Engine, t ...Turns) Engine { return takingTurns{e, allTurns(t)} }

type takingTurns struct {
	Engine
	turns allTurns
}

// turn waits until it is the caller's.
func turn(ctx context.Context, take func() (func(), bool), within time.Duration) (done func(), ok bool, err error) {
	if done, ok = take(); ok {
		return done, true, nil
	}
	limit, tick := time.NewTimer(within), time.NewTicker(turnEvery)
	defer limit.Stop()
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-limit.C:
			return nil, false, nil
		case <-tick.C:
			if done, ok = take(); ok {
				return done, true, nil
			}
		}
	}
}

func (x takingTurns) leave(ctx context.Context, doing, id string, call func() error) error {
	done, ok, err := turn(ctx, x.turns.Leave, leaveWaits)
	if err != nil {
		return fmt.Errorf("%s container %s: %w", doing, id, err)
	}
	if ok {
		defer done()
	}
	return call()
}

func (x takingTurns) Start(ctx context.Context, id string) error {
	return x.leave(ctx, "start", id, func() error { return x.Engine.Start(ctx, id) })
}

func (x takingTurns) Stop(ctx context.Context, id string, grace time.Duration) error {
	return x.leave(ctx, "stop", id, func() error { return x.Engine.Stop(ctx, id, grace) })
}

func (x takingTurns) Remove(ctx context.Context, id string) error {
	return x.leave(ctx, "remove", id, func() error { return x.Engine.Remove(ctx, id) })
}

func (x takingTurns) Discard(ctx context.Context, id string) error {
	return x.leave(ctx, "remove", id, func() error { return x.Engine.Discard(ctx, id) })
}

func (x takingTurns) Disconnect(ctx context.Context, id, network string) error {
	return x.leave(ctx, "disconnect", id, func() error { return x.Engine.Disconnect(ctx, id, network) })
}

// PrepareVolumes removes a container.
func (x takingTurns) PrepareVolumes(ctx context.Context, id, helper string) error {
	return x.leave(ctx, "prepare the volumes of", id, func() error { return x.Engine.PrepareVolumes(ctx, id, helper) })
}

func (x takingTurns) Rename(ctx context.Context, id, name string) error {
	doing := fmt.Sprintf("rename container %s to %s", id, name)
	c, err := x.Inspect(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch c.State {
	case StateCreated, StateExited, StateDead:
		return x.Engine.Rename(ctx, id, name)
	}
	done, ok, err := turn(ctx, x.turns.Rename, renameWaits)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", doing, err)
	case !ok:
		return fmt.Errorf("%s: %w: it runs, and others are being started, stopped or removed", doing, ErrBusy)
	}
	defer done()
	return x.Engine.Rename(ctx, id, name)
}

// allTurns are the caller's where each of them is.
type allTurns []Turns

func (a allTurns) Leave() (done func(), ok bool) { return a.take(Turns.Leave) }

func (a allTurns) Rename() (done func(), ok bool) { return a.take(Turns.Rename) }

func (a allTurns) take(how func(Turns) (func(), bool)) (done func(), ok bool) {
	var taken []func()
	done = func() {
		for _, end := range slices.Backward(taken) {
			end()
		}
	}
	for _, t := range a {
		end, ok := how(t)
		if !ok {
			done()
			return nil, false
		}
		taken = append(taken, end)
	}
	return done, true
}

// NewTurns are the turns of one process.
func NewTurns() Turns { return &localTurns{} }

// localTurns only tries its lock: who waits for a sync.RWMutex to write keeps new readers out.
type localTurns struct{ mu sync.RWMutex }

func (l *localTurns) Leave() (done func(), ok bool) { return l.mu.RUnlock, l.mu.TryRLock() }

func (l *localTurns) Rename() (done func(), ok bool) { return l.mu.Unlock, l.mu.TryLock() }
