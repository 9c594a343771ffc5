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
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// State is what the server shows, and the little that it can ask for.
type State interface {
	// Workspaces by name; shared, so nobody writes into them.
	Workspaces() []*v1alpha1.Workspace
	// RecentEvents of a workspace, or all where workspace is empty; the newest last.
	RecentEvents(workspace string) []status.Event
	// Problems of the manifests, and reasons why removals wait.
	Problems() []string
	// Rescan asks for a read of the manifests and a pass over every workspace.
	Rescan()
	// AllowEmpty is a person's word that the manifests are meant to leave no workspace.
	AllowEmpty()
	// WaitSettled waits until every workspace is settled on manifests read at or after since.
	WaitSettled(ctx context.Context, since time.Time) error
	// RequestRestart makes the next pass restart a workspace.
	RequestRestart(name, by string) error
	// RequestRecreate makes the next pass replace a workspace's container, and pull its image first.
	RequestRecreate(name, by string, pull bool) error
	// RequestApproval lets the host paths through with which a workspace's manifest waits, and returns them.
	RequestApproval(name, by string) ([]string, error)
	// RequestRemoval makes the next pass remove a workspace that no manifest asks for.
	RequestRemoval(name, by string) error
	// Healthy says why the controller does not make progress, Ready why it cannot do its work now; nil where all is well.
	Healthy() error
	Ready() error
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

// About sets what the server says of the controller itself.
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

// readOnly routes the requests that only look.
func (s *Server) readOnly() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathWorkspaces, s.list)
	mux.HandleFunc("GET "+pathWorkspaces+"/{name}", s.get)
	mux.HandleFunc("GET "+pathController, func(w http.ResponseWriter, _ *http.Request) { reply(w, s.about) })
	mux.HandleFunc("GET "+pathEvents, s.events)
	mux.Handle("GET /healthz", check(s.state.Healthy))
	mux.Handle("GET /readyz", check(s.state.Ready))
	return mux
}

// check answers 200 ok, or 503 and why not.
func check(f func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := f(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
}

// shown is a workspace as the request may see it.
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

// request asks for something to be done to one workspace; the caller says in the query who asks.
func (s *Server) request(ask func(name, by string, query url.Values) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ask(r.PathValue("name"), whoAsks(r), r.URL.Query()); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		reply(w, struct{}{})
	}
}

func whoAsks(r *http.Request) string {
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
	paths, err := s.state.RequestApproval(r.PathValue("name"), whoAsks(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	reply(w, approved{paths})
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the reader went away: there is nobody left to tell.
	_ = json.NewEncoder(printable.NewWriter(w)).Encode(v)
}

// lines writes a stream of JSON, a line a value, each of which is on its way when send returns.
type lines struct {
	enc   *json.Encoder
	flush *http.ResponseController
}

func stream(w http.ResponseWriter) lines {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	return lines{json.NewEncoder(printable.NewWriter(w)), http.NewResponseController(w)}
}

// send fails when the reader is gone.
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
