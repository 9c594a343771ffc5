package server

import (
	"embed"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"path"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// uiFiles are the page as it is sent: nothing is built, and nothing comes from elsewhere.
//
//go:embed ui
var uiFiles embed.FS

// Looked is what the page shows. That it can ask for nothing else is held by this type.
type Looked interface {
	Workspaces() []*v1alpha1.Workspace
	RecentEvents(workspace string) []status.Event
	Problems() []string
	Ready() error
}

// About is what the controller says of itself.
type About struct {
	Instance  string `json:"instance"`
	Manifests string `json:"manifests"`
	Version   string `json:"version"`
	PID       int    `json:"pid,omitempty"`
}

// ui is the page to look at, and the data behind it.
type ui struct {
	state Looked
	hub   *Hub
	about About
	now   func() time.Time
	// streams has a place for each stream that may be open.
	streams chan struct{}
	// beat is how often a stream sends something although nothing changed, pace how often it sends at most, and slow how long
	// a message may take to be written: a browser that reads no more is let go.
	beat, pace, slow time.Duration
}

const (
	uiStreams = 32
	// uiBeat must be well below the page's own patience, SILENCE in ui/stream.js.
	uiBeat = 5 * time.Second
	uiPace = 200 * time.Millisecond
	uiSlow = 10 * time.Second
)

// NewUI serves the page at the address that is listened on, and nothing to a browser that was lured here under another name
// or by another site's page.
func NewUI(state Looked, hub *Hub, about About, listening net.Addr, now func() time.Time) http.Handler {
	u := &ui{
		state: state, hub: hub, about: about, now: now,
		streams: make(chan struct{}, uiStreams), beat: uiBeat, pace: uiPace, slow: uiSlow,
	}
	return u.handler(listening)
}

func (u *ui) handler(listening net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", u.stream)
	mux.HandleFunc("GET /events", u.events)
	entries, err := fs.ReadDir(uiFiles, "ui")
	if err != nil {
		panic(err) // The files are part of the program.
	}
	for _, e := range entries {
		pattern := "/" + e.Name()
		if pattern == "/index.html" {
			pattern = "/{$}"
		}
		mux.Handle("GET "+pattern, uiFile(e.Name()))
	}
	return guard(listening, mux)
}

// uiFile serves one file of the page.
func uiFile(name string) http.Handler {
	content, err := fs.ReadFile(uiFiles, path.Join("ui", name))
	if err != nil {
		panic(err)
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".js" {
		// The machine's table of types may say something that browsers refuse for modules.
		kind = "text/javascript; charset=utf-8"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	})
}

// events lists what is kept of one workspace's events: more than the stream tells of all.
func (u *ui) events(w http.ResponseWriter, r *http.Request) {
	workspace := r.URL.Query().Get("workspace")
	if workspace == "" {
		http.Error(w, "of which workspace? ask for /events?workspace=NAME", http.StatusBadRequest)
		return
	}
	reply(w, status.EventList{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: "EventList"},
		Items:    append([]status.Event{}, u.state.RecentEvents(workspace)...),
	})
}
