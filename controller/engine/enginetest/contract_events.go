package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func (s *suite) events(since time.Time) engine.Stream {
	s.Helper()
	stream, err := s.Engine.Events(s.ctx, since)
	s.must(err)
	return stream
}

// collect reads a container's events until one of these actions, podman's words included, comes.
func (s *suite) collect(stream engine.Stream, id string, last ...string) []engine.Event {
	s.Helper()
	var seen []engine.Event
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case e, ok := <-stream.C():
			if !ok {
				s.Fatalf("the stream ended: %v", stream.Err())
			}
			if e.ContainerID != id {
				continue
			}
			if seen = append(seen, e); slices.Contains(last, e.Action) {
				return seen
			}
		case <-timeout.C:
			s.Fatalf("no event %v within %s, only %v", last, patience, seen)
		}
	}
}

func testEvents(s *suite) {
	stream := s.events(time.Time{})
	before := time.Now()
	id := s.running(s.spec("events", forever))
	_, err := s.Engine.Run(s.ctx, id, prints, "")
	s.must(err)
	s.must(s.Pause(s.ctx, id))
	s.must(s.Engine.Unpause(s.ctx, id))
	if !s.fixedLimits() {
		s.must(s.Engine.Update(s.ctx, id, engine.Limits{PIDs: 100}))
	}
	s.must(s.Engine.Rename(s.ctx, id, s.unique("renamed")))
	s.must(s.Engine.Connect(s.ctx, id, s.Network))
	s.must(s.Kill(s.ctx, id))
	s.eventually("the end of the killed container", func() bool { return s.inspect(id).State == engine.StateExited })
	s.must(s.Engine.Remove(s.ctx, id))

	seen := s.collect(stream, id, "destroy", "remove")
	var actions []string
	for _, e := range seen {
		actions = append(actions, e.Action)
		if e.Time.Before(before.Add(-time.Minute)) || e.Time.After(time.Now().Add(time.Minute)) {
			s.Errorf("event %s has the time %v", e.Action, e.Time)
		}
		if e.Action == "die" && e.Labels[v1alpha1.LabelInstance] != s.instance {
			s.Errorf("event die has the labels %v", e.Labels)
		}
		if strings.HasPrefix(e.Action, "exec") || strings.HasPrefix(e.Action, "health") {
			s.Errorf("event %s: probes would wake the loop", e.Action)
		}
	}
	at := 0
	for _, want := range []string{"create", "start", "pause", "unpause", "update", "rename", "connect", "die", "destroy"} {
		if want == "update" && s.fixedLimits() || want == "connect" && s.Podman { // podman reports none: a list shows it.
			continue
		}
		i := slices.Index(actions[at:], want)
		if i < 0 {
			s.Fatalf("events %v: no %s in its place", actions, want)
		}
		at += i + 1
	}
}

// testEventsSubscribed makes a change the moment that Events returns, many times: subscribing before listing is sound
// only if none is lost.
func testEventsSubscribed(s *suite) {
	id := s.create(s.spec("subscribed", forever))
	for i := range 20 {
		ctx, cancel := context.WithCancel(s.ctx)
		stream, err := s.Engine.Events(ctx, time.Time{})
		s.must(err)
		s.must(s.Engine.Rename(s.ctx, id, s.unique(fmt.Sprint("subscribed-", i))))
		// Exactly one: what was before the subscription is not replayed.
		if seen := s.collect(stream, id, "rename"); len(seen) != 1 {
			s.Errorf("events %v, want only this rename", seen)
		}
		cancel()
		s.drained(stream)
	}
}

func (s *suite) drained(stream engine.Stream) {
	s.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case _, ok := <-stream.C():
			if !ok {
				return
			}
		case <-timeout.C:
			s.Fatalf("the stream did not end within %s", patience)
		}
	}
}

func testEventsSince(s *suite) {
	live := s.events(time.Time{})
	id := s.create(s.spec("since", forever))
	created := s.collect(live, id, "create")[0]
	s.must(s.Engine.Rename(s.ctx, id, s.unique("since-renamed")))
	renamed := s.collect(live, id, "rename")[0]
	if !renamed.Time.After(created.Time) {
		s.Fatalf("rename at %v is not after create at %v", renamed.Time, created.Time)
	}

	replay := s.events(created.Time)
	seen := s.collect(replay, id, "rename")
	if len(seen) != 2 || seen[0].Action != "create" {
		s.Errorf("since the creation: %v, want create and rename", seen)
	}
	s.must(s.Engine.Start(s.ctx, id))
	s.collect(replay, id, "start")

	if seen := s.collect(s.events(renamed.Time), id, "start"); seen[0].Action != "rename" {
		s.Errorf("since the renaming: %v, want rename first", seen)
	}
}

func testEventsContext(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	stream, err := s.Engine.Events(ctx, time.Time{})
	s.must(err)
	cancel()
	s.drained(stream)
	s.is(stream.Err(), context.Canceled)
	if _, err := s.Engine.Events(ctx, time.Time{}); err == nil {
		s.Error("a subscription with a context that has ended succeeded")
	}
}
