package enginetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// remembered is how many events an engine replays, as in Docker.
const remembered = 256

// events has the streams and the memory of past events. Guarded by Memory.mu.
type events struct {
	past    []engine.Event
	streams map[*stream]struct{}
}

// stream never blocks the engine: it holds what its reader has not taken yet.
type stream struct {
	c    chan engine.Event
	wake chan struct{}

	mu      sync.Mutex
	pending []engine.Event
	ended   bool
	err     error
}

func (s *stream) C() <-chan engine.Event { return s.c }

func (s *stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stream) push(e ...engine.Event) {
	s.mu.Lock()
	s.pending = append(s.pending, e...)
	s.mu.Unlock()
	s.signal()
}

func (s *stream) end(err error) {
	s.mu.Lock()
	if !s.ended {
		s.ended, s.err = true, err
	}
	s.mu.Unlock()
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// serve hands out what is pending, and closes the channel after the last of it, or at the context's end.
func (s *stream) serve(ctx context.Context) {
	defer close(s.c)
	for {
		s.mu.Lock()
		batch, ended := s.pending, s.ended
		s.pending = nil
		s.mu.Unlock()
		for _, e := range batch {
			select {
			case s.c <- e:
			case <-ctx.Done():
				s.end(fmt.Errorf("watch events: %w", ctx.Err()))
				return
			}
		}
		if ended {
			return
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			s.end(fmt.Errorf("watch events: %w", ctx.Err()))
			return
		}
	}
}

func (ev *events) publish(e engine.Event) {
	if len(ev.past) >= 2*remembered {
		ev.past = append(ev.past[:0], ev.past[len(ev.past)-remembered:]...)
	}
	ev.past = append(ev.past, e)
	for s := range ev.streams {
		s.push(e)
	}
}

func (ev *events) breakAll(err error) {
	for s := range ev.streams {
		s.end(err)
	}
	clear(ev.streams)
}

// Events implements engine.Reader.
func (m *Memory) Events(ctx context.Context, since time.Time) (engine.Stream, error) {
	s := &stream{c: make(chan engine.Event), wake: make(chan struct{}, 1)}
	err := m.read(ctx, "Events", func() error {
		ev := &m.events
		if !since.IsZero() {
			for _, e := range ev.past[max(0, len(ev.past)-remembered):] {
				if !e.Time.Before(since) {
					s.pending = append(s.pending, e)
				}
			}
		}
		if ev.streams == nil {
			ev.streams = map[*stream]struct{}{}
		}
		ev.streams[s] = struct{}{}
		return nil
	})
	if err != nil {
		return nil, err
	}
	go func() {
		s.serve(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.events.streams, s)
	}()
	return s, nil
}

// BreakEvents ends all streams, as an engine's restart or a lost connection does.
func (m *Memory) BreakEvents() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events.breakAll(errBroken)
}

var errBroken error = &classified{text: "the engine ended its event stream", class: engine.ErrUnavailable}

// DropEvents swallows what happens while f runs: a gap that no stream notices.
func (m *Memory) DropEvents(f func()) {
	m.mu.Lock()
	streams := m.events.streams
	m.events.streams = nil
	m.mu.Unlock()
	f()
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.events.streams {
		streams[s] = struct{}{}
	}
	m.events.streams = streams
}

// emit publishes an event of a container. The caller holds the lock.
func (m *Memory) emit(b *box, action string) {
	m.events.publish(engine.Event{ContainerID: b.c.ID, Labels: b.c.Labels, Action: action, Time: m.clock.Now()})
}

// emitNetwork publishes an event of a network, which carries no labels.
func (m *Memory) emitNetwork(b *box, action string) {
	m.events.publish(engine.Event{ContainerID: b.c.ID, Action: action, Time: m.clock.Now()})
}
