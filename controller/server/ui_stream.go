package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// uiRetry is when a browser connects again after the stream broke.
const uiRetry = time.Second

// stream tells a browser everything, and then what changes, as server-sent events: text/event-stream of
// https://html.spec.whatwg.org/multipage/server-sent-events.html. It ends with the request's context.
func (u *ui) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	select {
	case u.streams <- struct{}{}:
		defer func() { <-u.streams }()
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, fmt.Sprintf("%d pages are open already: close one", cap(u.streams)), http.StatusServiceUnavailable)
		return
	}
	// Subscribed first and looked then: what changes in between is told twice, and never missed.
	reader := u.hub.Subscribe()
	defer reader.Close()
	flush := http.NewResponseController(w)
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", uiRetry.Milliseconds()); err != nil {
		return
	}
	if u.push(w, flush, u.everything()) != nil {
		return
	}
	beat := time.NewTicker(u.beat)
	defer beat.Stop()
	pace := time.NewTicker(u.pace)
	defer pace.Stop()
	for {
		select {
		case <-reader.Wake():
		case <-beat.C:
		case <-r.Context().Done():
			return
		}
		if u.push(w, flush, u.changes(reader)) != nil {
			return
		}
		// A busy loop is told of in rounds: its states in between are of no use to a person.
		select {
		case <-pace.C:
		case <-r.Context().Done():
			return
		}
	}
}

// push sends a message and sees that it is on its way.
func (u *ui) push(w http.ResponseWriter, flush *http.ResponseController, m uiMessage) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := flush.SetWriteDeadline(time.Now().Add(u.slow)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(printable.NewWriter(w), "data: %s\n\n", text); err != nil {
		return err
	}
	return flush.Flush()
}
