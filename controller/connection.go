package controller

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// connection is the connection to the engine. Every part that must know whether the engine is reachable asks it.
type connection struct {
	mu    sync.Mutex
	state connectionState
}

// connectionState is one of three: not tried yet (zero), connected, or disconnected with a cause. The cache shows what the engine has
// only while it is connected.
type connectionState struct {
	connected bool
	// cause is why the engine is disconnected; nil if it is connected or was not tried yet.
	cause error
	// info is what the engine reported about itself when it was connected last.
	info engine.Info
}

func (c *connection) now() connectionState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// connect reports whether the engine was disconnected before.
func (c *connection) connect(info engine.Info) (reconnected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reconnected = c.state.cause != nil
	c.state = connectionState{connected: true, info: info}
	return reconnected
}

// disconnect reports whether the engine was not known to be disconnected before.
func (c *connection) disconnect(cause error) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first = c.state.cause == nil
	c.state.connected, c.state.cause = false, cause
	return first
}

// err returns why the engine is not connected; nil if it is.
func (s connectionState) err() error {
	switch {
	case s.connected:
		return nil
	case s.cause != nil:
		return fmt.Errorf("the engine is not connected: %w", s.cause)
	}
	return errors.New("the engine is not connected yet")
}

// sharesFiles reports whether bind mounts of the engine may show the files that this process reads. It is true if the engine's address
// is not known.
func (s connectionState) sharesFiles() bool {
	address := s.info.Address
	return address == "" || strings.HasPrefix(address, "unix://") || strings.HasPrefix(address, "npipe://")
}
