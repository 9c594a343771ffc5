package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// eventBuffer outlasts a burst: an engine drops what a subscriber does not take within 100 ms.
const eventBuffer = 1024

// lifecycle are the actions that change what the controller observes. Executions and health checks are not among them:
// a probe's own events would wake the loop that probes.
var lifecycle = map[events.Action]bool{
	events.ActionCreate: true, events.ActionStart: true, events.ActionRestart: true, events.ActionStop: true,
	events.ActionDie: true, events.ActionOOM: true, events.ActionPause: true, events.ActionUnPause: true,
	events.ActionRename: true, events.ActionUpdate: true, events.ActionDestroy: true,
	events.ActionConnect: true, events.ActionDisconnect: true,
	// podman's words for destroy and die.
	events.ActionRemove: true, "died": true,
}

type stream struct {
	c   chan engine.Event
	err error
}

func (s *stream) C() <-chan engine.Event { return s.c }
func (s *stream) Err() error             { return s.err }

// Events subscribes. Engines send the response's header before they subscribe: an event in between would be lost. So
// without a since, the engine's own clock is read before the request and the engine replays from there; replay and
// subscription are one step to it. The docker client's own Events returns before it knows whether the request failed.
func (e *Engine) Events(ctx context.Context, since time.Time) (engine.Stream, error) {
	now, err := e.now(ctx)
	if err != nil {
		return nil, err
	}
	if since.IsZero() {
		since = now
	}
	cli, err := e.client(ctx)
	if err != nil {
		return nil, err
	}
	if cli.podman {
		since = since.Add(-podmanSince)
	}
	wanted, err := filters.ToJSON(eventFilter())
	if err != nil {
		return nil, e.translate(ctx, "watch events", err)
	}
	body, err := cli.stream(ctx, "/events", url.Values{"since": {unixNano(since)}, "filters": {wanted}})
	if err != nil {
		return nil, e.translate(ctx, "watch events", err)
	}
	s := &stream{c: make(chan engine.Event, eventBuffer)}
	go func() {
		defer close(s.c)
		defer body.Close()
		s.err = e.streamError(ctx, s.forward(ctx, json.NewDecoder(body)))
	}()
	return s, nil
}

func eventFilter() filters.Args {
	f := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("type", string(events.NetworkEventType)))
	for action := range lifecycle {
		f.Add("event", string(action))
	}
	return f
}

// forward returns why the stream ended. A context's end closes the body, and so ends a read.
func (s *stream) forward(ctx context.Context, messages *json.Decoder) error {
	for {
		var m events.Message
		if err := messages.Decode(&m); err != nil {
			return err
		}
		event, ok := fromMessage(m)
		if !ok {
			continue
		}
		select {
		case s.c <- event:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *Engine) streamError(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) && ctx.Err() == nil {
		return fail(engine.ErrUnavailable, "the Docker engine at %s ended its event stream: is it restarting?", e.endpoint.address)
	}
	return e.translate(ctx, "watch events", err)
}

// fromMessage filters again: not each engine knows each filter.
func fromMessage(m events.Message) (engine.Event, bool) {
	if !lifecycle[m.Action] {
		return engine.Event{}, false
	}
	at := time.Unix(0, m.TimeNano)
	if m.TimeNano == 0 {
		at = time.Unix(m.Time, 0)
	}
	switch m.Type {
	case events.ContainerEventType:
		labels := engine.OwnLabels(m.Actor.Attributes)
		action := m.Action
		switch action {
		case events.ActionRemove:
			action = events.ActionDestroy
		case "died":
			action = events.ActionDie
		}
		return engine.Event{ContainerID: m.Actor.ID, Labels: labels, Action: string(action), Time: at}, true
	case events.NetworkEventType:
		// Networks are created and destroyed as well: no container, no event.
		id := m.Actor.Attributes["container"]
		return engine.Event{ContainerID: id, Action: string(m.Action), Time: at}, id != ""
	}
	return engine.Event{}, false
}

// unixNano is a timestamp as the API takes it.
func unixNano(t time.Time) string { return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()) }
