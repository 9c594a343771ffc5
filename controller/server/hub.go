package server

import (
	"sync"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// Change is one change of a workspace. Type is ADDED, MODIFIED or DELETED, as in a Kubernetes watch.
type Change struct {
	Type   string              `json:"type"`
	Object *v1alpha1.Workspace `json:"object"`
}

// The types of changes.
const (
	Added    = "ADDED"
	Modified = "MODIFIED"
	Deleted  = "DELETED"
)

// Hub passes changes to readers. Publishers never wait: a slow reader gets only the latest state of each workspace, and not
// every state.
type Hub struct {
	mu      sync.Mutex
	readers map[*Reader]bool
}

// NewHub makes a hub without readers.
func NewHub() *Hub { return &Hub{readers: map[*Reader]bool{}} }

// Publish passes a change to all readers and returns at once.
func (h *Hub) Publish(ws *v1alpha1.Workspace, deleted bool) {
	kind := Modified
	if deleted {
		kind = Deleted
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		r.add(Change{Type: kind, Object: ws})
	}
}

// PublishEvent passes an event to all readers and returns at once.
func (h *Hub) PublishEvent(e status.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		r.addEvent(e)
	}
}

// Subscribe makes a reader of all changes from now on, until it is closed.
func (h *Hub) Subscribe() *Reader {
	r := &Reader{hub: h, pending: map[string]Change{}, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers[r] = true
	return r
}

// Reader is one subscription.
type Reader struct {
	hub  *Hub
	wake chan struct{}

	mu      sync.Mutex
	order   []string
	pending map[string]Change
	events  []status.Event
}

// maxWaiting is how many events are kept for a reader. The oldest are dropped first.
const maxWaiting = 1000

func (r *Reader) addEvent(e status.Event) {
	r.mu.Lock()
	if len(r.events) == maxWaiting {
		r.events = r.events[1:]
	}
	r.events = append(r.events, e)
	r.mu.Unlock()
	r.signal()
}

// TakeEvents returns the events since the last TakeEvents.
func (r *Reader) TakeEvents() []status.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

func (r *Reader) add(c Change) {
	r.mu.Lock()
	name := c.Object.Name
	if _, waiting := r.pending[name]; !waiting {
		r.order = append(r.order, name)
	}
	r.pending[name] = c
	r.mu.Unlock()
	r.signal()
}

func (r *Reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Wake receives a value when there is something to Take.
func (r *Reader) Wake() <-chan struct{} { return r.wake }

// Take returns the changes since the last Take: one per workspace, in the order of the first change.
func (r *Reader) Take() []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Change, 0, len(r.order))
	for _, name := range r.order {
		out = append(out, r.pending[name])
	}
	r.order = nil
	clear(r.pending)
	return out
}

// Close ends the subscription.
func (r *Reader) Close() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	delete(r.hub.readers, r)
}
