// Package ui serves a page that shows the workspaces of a controller in a browser. The page can change nothing.
package ui

import (
	"embed"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// assets are the page's files as they are served: there is no build step, and nothing is loaded from another site.
//
//go:embed page
var assets embed.FS

// Viewer is the state that the page shows. It has no method that changes something.
type Viewer interface {
	Workspaces() []*v1alpha1.Workspace
	RecentEvents(workspace string) []status.Event
	Problems() []string
	Ready() error
}

// page is the page and its data.
type page struct {
	state Viewer
	hub   *server.Hub
	about server.About
	now   func() time.Time
	// streams limits how many streams are open.
	streams chan struct{}
	// heartbeat is how often a stream sends a message if nothing changes, and interval the least time between two messages. A
	// browser that does not read a message within writeTimeout is disconnected.
	heartbeat, interval, writeTimeout time.Duration
}

const (
	maxStreams = 32
	// heartbeat must be well below SILENCE in page/stream.js, after which the page shows that it is disconnected.
	heartbeat    = 5 * time.Second
	interval     = 200 * time.Millisecond
	writeTimeout = 10 * time.Second
)

// New serves the page at the address of a listener, and rejects DNS rebinding and cross-site requests.
func New(state Viewer, hub *server.Hub, about server.About, listening net.Addr, now func() time.Time) http.Handler {
	p := &page{
		state: state, hub: hub, about: about, now: now,
		streams: make(chan struct{}, maxStreams), heartbeat: heartbeat, interval: interval, writeTimeout: writeTimeout,
	}
	return p.handler(listening)
}

func (p *page) handler(listening net.Addr) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", p.stream)
	mux.HandleFunc("GET /events", p.events)
	entries, err := fs.ReadDir(assets, "page")
	if err != nil {
		panic(err) // The files are part of the program.
	}
	for _, e := range entries {
		pattern := "/" + e.Name()
		if pattern == "/index.html" {
			pattern = "/{$}"
		}
		mux.Handle("GET "+pattern, asset(e.Name()))
	}
	return guard(listening, mux)
}

// asset serves one file of the page.
func asset(name string) http.Handler {
	content, err := fs.ReadFile(assets, path.Join("page", name))
	if err != nil {
		panic(err)
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".js" {
		// The type in the machine's own table may be one that browsers refuse for modules.
		kind = "text/javascript; charset=utf-8"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	})
}

// events lists the recent events of one workspace. The stream has only the last events of all workspaces.
func (p *page) events(w http.ResponseWriter, r *http.Request) {
	workspace := r.URL.Query().Get("workspace")
	if workspace == "" {
		http.Error(w, "of which workspace? ask for /events?workspace=NAME", http.StatusBadRequest)
		return
	}
	server.WriteEvents(w, p.state.RecentEvents(workspace))
}
