package controller

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// states are the published states of the workspaces.
type states struct {
	mu  sync.Mutex
	all map[string]*state
	// lastLease is the last one acquired.
	lastLease lease
	// unpublished counts the states that are in all and that OnChange was not called for yet.
	unpublished atomic.Int32
	// changed is sent after each change.
	changed *broadcast
}

// state is what is known of one workspace.
type state struct {
	// published is nil before the first time.
	published *v1alpha1.Workspace
	// reconciledOn is the time of the snapshot that the latest reconcile worked on.
	reconciledOn time.Time
	// edited is set if the manifest changed, and no reconcile has published a state since.
	edited bool
	// lease is held by the reconcile that may publish a state.
	lease lease
}

// lease is the right of one reconcile to publish the state of its workspace. It is zero outside of the loop.
type lease uint64

func newStates(changed *broadcast) *states {
	return &states{all: map[string]*state{}, changed: changed}
}

// update changes what is known of a workspace.
func (s *states) update(name string, change func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[name] == nil {
		s.all[name] = &state{}
	}
	change(s.all[name])
	s.changed.send()
}

// of returns what is known of a workspace.
func (s *states) of(name string) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.all[name]; known != nil {
		return *known
	}
	return state{}
}

// get returns the published state of a workspace; nil if there is none.
func (s *states) get(name string) *v1alpha1.Workspace { return s.of(name).published }

// list returns the published states by name.
func (s *states) list() map[string]*v1alpha1.Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]*v1alpha1.Workspace, len(s.all))
	for name, known := range s.all {
		if known.published != nil {
			out[name] = known.published
		}
	}
	return out
}

// publishing begins a change; the returned function ends it. A client that follows the changes until all is settled must have
// received the last one by then, so nothing is settled in between.
func (s *states) publishing() (done func()) {
	s.unpublished.Add(1)
	return func() {
		s.unpublished.Add(-1)
		s.changed.send()
	}
}

// acquire gives a reconcile the lease of a workspace. The previous holder, such as a pull that was abandoned, publishes nothing any
// more.
func (s *states) acquire(name string) (l lease) {
	s.update(name, func(known *state) {
		s.lastLease++
		l, known.lease = s.lastLease, s.lastLease
	})
	return l
}

// release ends a lease, unless it was taken over.
func (s *states) release(name string, l lease) {
	s.update(name, func(known *state) {
		if known.lease == l {
			known.lease = 0
		}
	})
}
