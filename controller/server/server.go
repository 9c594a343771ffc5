package server

import (
	"encoding/json"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// State is what the server shows.
type State interface {
	// Workspaces by name; shared, so nobody writes into them.
	Workspaces() []*v1alpha1.Workspace
	// Problems of the manifests, and reasons why removals wait.
	Problems() []string
	// Rescan asks for a read of the manifests and a pass over every workspace.
	Rescan()
	// Settled reports whether the passes on manifests read since then are over.
	Settled(since time.Time) bool
}

// Server answers on the socket.
type Server struct {
	state State
	hub   *Hub
	now   func() time.Time
}

// New makes a server; Handler is what it serves.
func New(state State, hub *Hub, now func() time.Time) *Server {
	return &Server{state: state, hub: hub, now: now}
}

// The paths of the API.
const (
	pathWorkspaces = "/apis/dual.dev/v1alpha1/workspaces"
	pathApply      = "/apis/dual.dev/v1alpha1/apply"
)

// Handler routes the requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathWorkspaces, s.list)
	mux.HandleFunc("GET "+pathWorkspaces+"/{name}", s.get)
	mux.HandleFunc("POST "+pathApply, s.apply)
	return mux
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	list := v1alpha1.WorkspaceList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind + "List"},
		Items:    []v1alpha1.Workspace{},
	}
	for _, ws := range s.state.Workspaces() {
		list.Items = append(list.Items, *ws)
	}
	reply(w, list)
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	for _, ws := range s.state.Workspaces() {
		if ws.Name == r.PathValue("name") {
			reply(w, ws)
			return
		}
	}
	http.Error(w, "no workspace "+r.PathValue("name"), http.StatusNotFound)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	// An error here means that the reader went away: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}

// ApplyUpdate is one line of an apply's answer.
type ApplyUpdate struct {
	Change *Change `json:"change,omitempty"`
	// Settled is set on the last line, with the problems that remain.
	Settled  bool     `json:"settled,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// settlePoll is how often it is asked whether a pass is over: a pass that changes nothing publishes nothing.
const settlePoll = 50 * time.Millisecond

// apply rescans, and streams a line of JSON for each change until the passes over all workspaces are over.
func (s *Server) apply(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	reader := s.hub.Subscribe()
	defer reader.Close()
	since := s.now()
	s.state.Rescan()
	out := json.NewEncoder(w)
	flush := http.NewResponseController(w)
	for _, ws := range s.state.Workspaces() {
		if out.Encode(ApplyUpdate{Change: &Change{Type: Modified, Object: ws}}) != nil {
			return
		}
	}
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	for {
		settled := s.state.Settled(since)
		for _, c := range reader.Take() {
			if out.Encode(ApplyUpdate{Change: &c}) != nil {
				return
			}
		}
		if settled {
			_ = out.Encode(ApplyUpdate{Settled: true, Problems: s.state.Problems()})
			return
		}
		if flush.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-reader.Wake():
		case <-r.Context().Done():
			return
		}
	}
}
