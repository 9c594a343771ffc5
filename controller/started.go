package controller

import "time"

// Started reports whether the loop has begun: the manifests were read once, and the engine was reached or found to be away.
// It differs from Ready in that it stays true while the engine is away.
func (c *Controller) Started() bool {
	if !c.ReadSince(time.Time{}) {
		return false
	}
	c.pulse.mu.Lock()
	found := c.pulse.away != nil
	c.pulse.mu.Unlock()
	return found || c.isOnline()
}

// ReadSince reports whether a read of the manifests that began since then is over.
func (c *Controller) ReadSince(since time.Time) bool {
	at, ok := c.desired.readAt()
	return ok && !at.Before(since)
}
