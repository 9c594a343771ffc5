package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/health"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// State is what the server shows, and what it can request.
type State interface {
	// Workspaces returns all workspaces by name. They are shared and must not be changed.
	Workspaces() []*v1alpha1.Workspace
	// RecentEvents returns the events of a workspace, or all events if workspace is empty, the newest last.
	RecentEvents(workspace string) []status.Event
	// Problems returns the faults of the manifests and the reasons why removals are held.
	Problems() []string
	// Rescan requests a read of the manifests and a reconcile of every workspace.
	Rescan()
	// AllowEmpty is a person's word that the manifests are meant to leave no workspace.
	AllowEmpty()
	// WaitSettled waits until every workspace is settled on manifests read at or after since.
	WaitSettled(ctx context.Context, since time.Time) error
	// RequestRestart makes the next reconcile restart a workspace.
	RequestRestart(name, by string) error
	// RequestRecreate makes the next reconcile replace a workspace's container, and pull its image first if pull is set.
	RequestRecreate(name, by string, pull bool) error
	// RequestApproval approves the host paths that a workspace's manifest waits for, and returns them.
	RequestApproval(name, by string) ([]string, error)
	// RequestRemoval makes the next reconcile remove a workspace that has no manifest.
	RequestRemoval(name, by string) error
	// Healthy returns why the controller makes no progress, and Ready why it cannot work now; nil if it does.
	Healthy() error
	Ready() error
}

// About describes the controller itself.
type About struct {
	Instance  string `json:"instance"`
	Manifests string `json:"manifests"`
	Version   string `json:"version"`
	PID       int    `json:"pid,omitempty"`
}

// Server answers on the socket.
type Server struct {
	state State
	hub   *Hub
	now   func() time.Time
	about About
}

// New makes a server; Handler is what it serves.
func New(state State, hub *Hub, now func() time.Time) *Server {
	return &Server{state: state, hub: hub, now: now}
}

// About sets the description of the controller.
func (s *Server) About(about About) *Server {
	s.about = about
	return s
}

// The paths of the API.
const (
	pathBase       = "/apis/dual.dev/v1alpha1"
	pathWorkspaces = pathBase + "/workspaces"
	pathController = pathBase + "/controller"
	pathEvents     = pathBase + "/events"
	pathApply      = pathBase + "/apply"
)

// Handler routes all requests. It is for the socket, which only its owner can reach.
func (s *Server) Handler() http.Handler {
	mux := s.readOnly()
	mux.HandleFunc("POST "+pathApply, s.apply)
	mux.HandleFunc("POST "+pathWorkspaces+"/{name}/restart", s.request(func(name, by string, _ url.Values) error {
		return s.state.RequestRestart(name, by)
	}))
	mux.HandleFunc("POST "+pathWorkspaces+"/{name}/recreate", s.request(func(name, by string, query url.Values) error {
		return s.state.RequestRecreate(name, by, query.Get("pull") == "true")
	}))
	mux.HandleFunc("POST "+pathWorkspaces+"/{name}/approve", s.approve)
	mux.HandleFunc("POST "+pathWorkspaces+"/{name}/remove", s.request(func(name, by string, _ url.Values) error {
		return s.state.RequestRemoval(name, by)
	}))
	return mux
}

// readOnly routes the requests that only read.
func (s *Server) readOnly() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathWorkspaces, s.list)
	mux.HandleFunc("GET "+pathWorkspaces+"/{name}", s.get)
	mux.HandleFunc("GET "+pathController, func(w http.ResponseWriter, _ *http.Request) { reply(w, s.about) })
	mux.HandleFunc("GET "+pathEvents, s.events)
	mux.Handle("GET /healthz", health.Handler(s.state.Healthy))
	mux.Handle("GET /readyz", health.Handler(s.state.Ready))
	return mux
}

// shown returns a workspace as the request may see it.
func shown(r *http.Request, ws *v1alpha1.Workspace) *v1alpha1.Workspace {
	if r.URL.Query().Get("secrets") == "true" {
		return ws
	}
	return specdiff.Masked(ws)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("watch") == "true" {
		s.watch(w, r)
		return
	}
	list := v1alpha1.WorkspaceList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind + "List"},
		Items:    []v1alpha1.Workspace{},
	}
	for _, ws := range s.state.Workspaces() {
		list.Items = append(list.Items, *shown(r, ws))
	}
	reply(w, list)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	for _, ws := range s.state.Workspaces() {
		if ws.Name == r.PathValue("name") {
			reply(w, shown(r, ws))
			return
		}
	}
	http.Error(w, "no workspace "+r.PathValue("name"), http.StatusNotFound)
}

// request handles a request to change one workspace. Its query names the user.
func (s *Server) request(ask func(name, by string, query url.Values) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ask(r.PathValue("name"), requester(r), r.URL.Query()); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		reply(w, struct{}{})
	}
}

func requester(r *http.Request) string {
	if by := r.URL.Query().Get("by"); by != "" {
		return by
	}
	return "an unknown user"
}

// approved is the answer to an approval.
type approved struct {
	Paths []string `json:"paths"`
}

func (s *Server) approve(w http.ResponseWriter, r *http.Request) {
	paths, err := s.state.RequestApproval(r.PathValue("name"), requester(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	reply(w, approved{paths})
}

// WriteEvents answers a request for events.
func WriteEvents(w http.ResponseWriter, events []status.Event) {
	reply(w, status.EventList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: "EventList"},
		Items:    append([]status.Event{}, events...),
	})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// An error means that the client has disconnected.
	_ = json.NewEncoder(printable.NewWriter(w)).Encode(v)
}

// lines writes a stream of JSON, one value per line.
type lines struct {
	enc   *json.Encoder
	flush *http.ResponseController
}

func stream(w http.ResponseWriter) lines {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	return lines{json.NewEncoder(printable.NewWriter(w)), http.NewResponseController(w)}
}

// send fails if the client has disconnected.
func (l lines) send(v any) error { return l.enc.Encode(v) }

// next flushes and waits until the reader has more, or the channel or is closed. It returns false if the client is gone.
func (l lines) next(ctx context.Context, reader *Reader, or <-chan struct{}) bool {
	if err := l.flush.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	select {
	case <-reader.Wake():
	case <-or:
	case <-ctx.Done():
		return false
	}
	return true
}
