package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// reconnectAfter is the time after which a browser reconnects a broken stream.
const reconnectAfter = time.Second

// stream sends everything to a browser, and then each change, as server-sent events: text/event-stream of
// https://html.spec.whatwg.org/multipage/server-sent-events.html. It ends with the request's context.
func (p *page) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, fmt.Sprintf("%d pages are open already: close one", cap(p.streams)), http.StatusServiceUnavailable)
		return
	}
	// The subscription comes first: a change in between is sent twice, and never missed.
	reader := p.hub.Subscribe()
	defer reader.Close()
	flush := http.NewResponseController(w)
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", reconnectAfter.Milliseconds()); err != nil {
		return
	}
	if p.push(w, flush, p.everything()) != nil {
		return
	}
	heartbeat := time.NewTicker(p.heartbeat)
	defer heartbeat.Stop()
	pause := time.NewTicker(p.interval)
	defer pause.Stop()
	for {
		select {
		case <-reader.Wake():
		case <-heartbeat.C:
		case <-r.Context().Done():
			return
		}
		if p.push(w, flush, p.changes(reader)) != nil {
			return
		}
		// The states of a busy loop are sent at intervals: nobody could read all of them.
		select {
		case <-pause.C:
		case <-r.Context().Done():
			return
		}
	}
}

// push sends a message and flushes it.
func (p *page) push(w http.ResponseWriter, flush *http.ResponseController, m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := flush.SetWriteDeadline(time.Now().Add(p.writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(printable.NewWriter(w), "data: %s\n\n", text); err != nil {
		return err
	}
	return flush.Flush()
}
