package server

import (
	"net/http"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// watch streams all workspaces as ADDED, and then each change, as a Kubernetes watch does.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	reader := s.hub.Subscribe()
	defer reader.Close()
	out := stream(w)
	for _, ws := range s.state.Workspaces() {
		if out.send(Change{Type: Added, Object: shown(r, ws)}) != nil {
			return
		}
	}
	for {
		for _, c := range reader.Take() {
			c.Object = shown(r, c.Object)
			if out.send(c) != nil {
				return
			}
		}
		if !out.next(r.Context(), reader, nil) {
			return
		}
	}
}

// events lists the recent events, of one workspace with ?workspace=. With ?watch=true it streams them, one per line, and then each
// new event.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	workspace := r.URL.Query().Get("workspace")
	if r.URL.Query().Get("watch") != "true" {
		WriteEvents(w, s.state.RecentEvents(workspace))
		return
	}
	reader := s.hub.Subscribe()
	defer reader.Close()
	out := stream(w)
	var listed time.Time
	for _, e := range s.state.RecentEvents(workspace) {
		listed = e.LastTimestamp.Time
		if out.send(e) != nil {
			return
		}
	}
	for {
		for _, e := range reader.TakeEvents() {
			// An event that was recorded during the list is in both.
			if workspace != "" && e.Workspace != workspace || !e.LastTimestamp.After(listed) {
				continue
			}
			if out.send(e) != nil {
				return
			}
		}
		if !out.next(r.Context(), reader, nil) {
			return
		}
	}
}

// ApplyUpdate is one line of the answer to an apply.
type ApplyUpdate struct {
	Change *Change `json:"change,omitempty"`
	// Settled is set on the last line, with the problems that remain.
	Settled  bool     `json:"settled,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// apply rescans, and streams a line of JSON for each change until every workspace is settled.
func (s *Server) apply(w http.ResponseWriter, r *http.Request) {
	reader := s.hub.Subscribe()
	defer reader.Close()
	if r.URL.Query().Get("allowEmpty") == "true" {
		s.state.AllowEmpty()
	}
	since := s.now()
	s.state.Rescan()
	settled := make(chan struct{})
	go func() {
		if s.state.WaitSettled(r.Context(), since) == nil {
			close(settled)
		}
	}()
	out := stream(w)
	for _, ws := range s.state.Workspaces() {
		if out.send(ApplyUpdate{Change: &Change{Type: Added, Object: specdiff.Masked(ws)}}) != nil {
			return
		}
	}
	for {
		over := isClosed(settled) // Before the changes are taken: the last of them is published by then.
		for _, c := range reader.Take() {
			c.Object = specdiff.Masked(c.Object)
			if out.send(ApplyUpdate{Change: &c}) != nil {
				return
			}
		}
		if over {
			_ = out.send(ApplyUpdate{Settled: true, Problems: s.state.Problems()})
			return
		}
		if !out.next(r.Context(), reader, settled) {
			return
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
