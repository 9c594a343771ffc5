package main

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// listen opens the socket as soon as the instance is held: who asks from now on waits for the answer, and does not take the
// controller for one that does not run. nil where there is no room for a socket.
func (g *globals) listen() (net.Listener, error) {
	l, err := server.Listen(server.SocketPath(g.instanceDir()))
	if status.NoRoom(err) {
		slog.Warn("nobody can ask this controller: get and the other verbs look for themselves", "error", err)
		return nil, nil
	}
	return l, err
}

// answer answers on the socket until the returned function is called.
func answer(l net.Listener, c *controller.Controller, hub *server.Hub, about server.About) (stop func()) {
	if l == nil {
		return func() {}
	}
	s := &http.Server{Handler: onceRead(c, server.New(c, hub, time.Now).About(about).Handler()), ReadHeaderTimeout: 10 * time.Second}
	return serve("the state", s, l)
}

// settledWithin is how long a question waits for a true answer: what there is then is said.
const settledWithin = 10 * time.Second

// onceRead lets questions about workspaces wait until the manifests were read once: before that each of them is unknown. A
// question with ?settled=true waits for a read that begins now and is settled, for the engine's first list, or the news that it
// is away, and for a pass over each workspace that the read brought or changed.
func onceRead(c *controller.Controller, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		answerable := func() bool { return c.ReadSince(time.Time{}) }
		if r.URL.Query().Get("settled") == "true" {
			c.Source.Rescan()
			answerable = func() bool {
				return c.Answerable(began) || time.Since(began) > settledWithin && c.ReadSince(time.Time{})
			}
		}
		for strings.HasPrefix(r.URL.Path, "/apis/") && !answerable() {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
