package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// memoryEngine is the part of a workEngine that a holding uses.
type memoryEngine struct {
	workEngine
	memory *enginetest.Memory
}

func (e memoryEngine) Info(ctx context.Context) (engine.Info, error) { return e.memory.Info(ctx) }

func (e memoryEngine) RemoveVolume(ctx context.Context, name string) error {
	return e.memory.RemoveVolume(ctx, name)
}

// An engine that is slow to answer is not claimed when the instance is taken. It must be claimed before the first change.
func TestNoChangeWithoutAClaim(t *testing.T) {
	m := enginetest.NewMemory(enginetest.Options{})
	info, err := m.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("claim-%d", os.Getpid())
	key := info.ID
	if key == "" {
		key = info.Address
	}
	release, err := instance.Claim(key, name, instance.Self("/state of another", "/manifests"))
	if err != nil {
		t.Fatal(err)
	}
	g := &globals{instance: name, stateDir: t.TempDir(), renames: &instance.RenameLock{}}
	lock, err := instance.Acquire(g.instanceDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	h := &holding{g: g, lock: lock, e: memoryEngine{memory: m}, unclaim: func() {}, onLost: func() {}}
	m.ResetCalls()
	err = h.engine().RemoveVolume(t.Context(), "data")
	var held *instance.HeldError
	if !errors.As(err, &held) || held.Holder.StateDir != "/state of another" || m.Count("RemoveVolume") != 0 {
		t.Errorf("a change while another process works on the instance: %v, after %d calls", err, m.Count("RemoveVolume"))
	}
	release()
	h = &holding{g: g, lock: lock, e: memoryEngine{memory: m}, unclaim: func() {}, onLost: func() {}}
	defer func() { h.unclaim() }()
	if _ = h.engine().RemoveVolume(t.Context(), "data"); m.Count("RemoveVolume") != 1 {
		t.Error("the change did not reach the engine although no other process works on the instance")
	}
	if _, err := instance.Claim(key, name, instance.Self("/third", "/manifests")); !errors.As(err, &held) {
		t.Errorf("another claim after the change: %v", err)
	}
}
