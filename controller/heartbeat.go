package controller

import (
	"fmt"
	"sync"
	"time"
)

// component of the controller that must show progress.
type component string

const (
	componentSource     component = "manifest source"
	componentEngine     component = "engine watch"
	componentDispatcher component = "dispatcher"
)

// heartbeatGrace is how late a heartbeat may be on a busy machine: a controller must not be restarted because it is
// slow.
const heartbeatGrace = 2 * time.Minute

// heartbeats are the signs of progress of the controller's components.
type heartbeats struct {
	mu sync.Mutex
	// due is when the next heartbeat of each component is due. A component that is idle is not in it.
	due map[component]time.Time
}

func newHeartbeats() *heartbeats { return &heartbeats{due: map[component]time.Time{}} }

// beat records a heartbeat of a component; its next one is due within d.
func (h *heartbeats) beat(of component, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due[of] = time.Now().Add(d + heartbeatGrace)
}

// idle suspends a component's heartbeats: it waits for something that may never come.
func (h *heartbeats) idle(of component) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.due, of)
}

// missing returns an error about the first of the components whose heartbeat is overdue; nil if there is none.
func (h *heartbeats) missing(of ...component) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range of {
		if due, expected := h.due[c]; expected && time.Now().After(due) {
			return fmt.Errorf("%s: no heartbeat for %s longer than allowed", c, time.Since(due).Round(time.Second))
		}
	}
	return nil
}
