package controller

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// errNotConnected is the cause while the first attempt to connect is not over.
var errNotConnected = errors.New("the engine is not connected yet")

// connection is the state of the connection to the engine: not tried yet, connected, or disconnected with a cause. The cache
// shows what the engine has only while it is connected.
type connection struct {
	mu        sync.Mutex
	connected bool
	// cause is why the engine is disconnected; nil if it is connected or was not tried yet.
	cause error
	// info is what the engine reported about itself when it was connected last.
	info engine.Info
}

// connect reports whether the engine was disconnected before.
func (c *connection) connect(info engine.Info) (reconnected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reconnected = c.cause != nil
	c.connected, c.cause, c.info = true, nil, info
	return reconnected
}

// disconnect reports whether the engine was not known to be disconnected before.
func (c *connection) disconnect(cause error) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first = c.cause == nil
	c.connected, c.cause = false, cause
	return first
}

func (c *connection) isConnected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected
}

// disconnected returns why the engine is disconnected; nil if it is connected or was not tried yet.
func (c *connection) disconnected() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// tried reports whether an attempt to connect is over.
func (c *connection) tried() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connected || c.cause != nil
}

// err returns why the engine is not connected; nil if it is.
func (c *connection) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.connected:
		return nil
	case c.cause != nil:
		return fmt.Errorf("the engine is not connected: %w", c.cause)
	}
	return errNotConnected
}

// engineInfo is zero before the first connection.
func (c *connection) engineInfo() engine.Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// sharesFiles reports whether bind mounts of the engine may show the files that this process reads. It is true if the engine's
// address is not known.
func (c *connection) sharesFiles() bool {
	address := c.engineInfo().Address
	return address == "" || strings.HasPrefix(address, "unix://") || strings.HasPrefix(address, "npipe://")
}
