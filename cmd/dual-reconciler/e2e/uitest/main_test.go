package uitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/server/ui"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/internal/testrun"
)

func TestMain(m *testing.M) {
	run, err := testrun.Begin(false)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	Close()
	if left := run.End(); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: the tests left behind:\n%s\n", strings.Join(left, "\n"))
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// world is a controller's state that a test changes, and tells the page of.
type world struct {
	hub *server.Hub
	// breaks are how often requests for a path are broken off before they are answered; not changed once the page is open.
	breaks map[string]*atomic.Int32

	mu         sync.Mutex
	workspaces map[string]*v1alpha1.Workspace
	events     []status.Event
	problems   []string
	notReady   error
}

func newWorld(workspaces ...*v1alpha1.Workspace) *world {
	w := &world{hub: server.NewHub(), workspaces: map[string]*v1alpha1.Workspace{}}
	for _, ws := range workspaces {
		w.workspaces[ws.Name] = ws
	}
	return w
}

func (w *world) Workspaces() []*v1alpha1.Workspace {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*v1alpha1.Workspace
	for _, ws := range w.workspaces {
		out = append(out, ws)
	}
	slices.SortFunc(out, func(a, b *v1alpha1.Workspace) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (w *world) RecentEvents(workspace string) (out []status.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if workspace == "" || e.Workspace == workspace {
			out = append(out, e)
		}
	}
	return out
}

func (w *world) Problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.problems)
}

func (w *world) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.notReady
}

func (w *world) put(ws *v1alpha1.Workspace) {
	w.mu.Lock()
	w.workspaces[ws.Name] = ws
	w.mu.Unlock()
	w.hub.Publish(ws, false)
}

func (w *world) remove(name string) {
	w.mu.Lock()
	ws := w.workspaces[name]
	delete(w.workspaces, name)
	w.mu.Unlock()
	w.hub.Publish(ws, true)
}

// happen records an event that is old by ago.
func (w *world) happen(ago time.Duration, kind, workspace, reason, message string, count int32) {
	at := metav1.NewTime(time.Now().Add(-ago))
	e := status.Event{FirstTimestamp: at, LastTimestamp: at, Count: count, Type: kind, Workspace: workspace, Reason: reason, Message: message}
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	w.hub.PublishEvent(e)
}

// serve serves the page at addr, which may have port 0, and returns its address and what ends it.
func (w *world) serve(t *testing.T, addr, version string) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	about := server.About{Instance: "default", Manifests: "/home/ada/workspaces", Version: version}
	s := &http.Server{
		Handler: w.broken(ui.New(w, w.hub, about, l.Addr(), time.Now)), BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	stop = sync.OnceFunc(func() {
		end()
		_ = s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	t.Cleanup(stop)
	return "http://" + l.Addr().String() + "/", stop
}

// broken breaks requests off.
func (w *world) broken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(res http.ResponseWriter, req *http.Request) {
		if left := w.breaks[req.URL.Path]; left != nil && left.Add(-1) >= 0 {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(res, req)
	})
}

// show opens the page of a world.
func show(t *testing.T, w *world) *Page {
	t.Helper()
	url, _ := w.serve(t, "127.0.0.1:0", "v1.2.3")
	p := Open(t, url)
	p.Shows("#link-text", "Live")
	return p
}

// workspace is one in a state; more changes it.
func workspace(name, reason, message string, more ...func(*v1alpha1.Workspace)) *v1alpha1.Workspace {
	created := metav1.NewTime(time.Now().Add(-90 * time.Minute))
	ready := metav1.ConditionFalse
	if reason == v1alpha1.ReasonRunning || reason == v1alpha1.ReasonStopped {
		ready = metav1.ConditionTrue
	}
	ws := &v1alpha1.Workspace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": "web"}},
		Spec:       v1alpha1.WorkspaceSpec{Image: "node:22"},
		Status: v1alpha1.WorkspaceStatus{
			Conditions: []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: ready, Reason: reason, Message: message, LastTransitionTime: created,
			}},
			ContainerID: strings.Repeat("c0ffee", 10), ImageID: "sha256:" + strings.Repeat("1a2b", 16), IP: "172.17.0.4",
			CreationTime: &created, StartTime: &created, Manifest: v1alpha1.ManifestPosition{File: "shop.yaml", Line: 12},
			Revision: &v1alpha1.Revision{Branch: "main", Commit: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"},
		},
	}
	for _, change := range more {
		change(ws)
	}
	return ws
}

// also adds a condition that is true, of the same reason and message as Ready.
func also(kind string) func(*v1alpha1.Workspace) {
	return func(ws *v1alpha1.Workspace) {
		c := ws.Status.Conditions[0]
		c.Type, c.Status = kind, metav1.ConditionTrue
		ws.Status.Conditions = append(ws.Status.Conditions, c)
	}
}

func running(name string) *v1alpha1.Workspace {
	return workspace(name, v1alpha1.ReasonRunning, "container dual-"+name+" runs")
}

func failing(name, reason, message string) *v1alpha1.Workspace {
	return workspace(name, reason, message, also(v1alpha1.ConditionStalled))
}
