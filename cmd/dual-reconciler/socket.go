package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

// listen opens the socket as soon as the instance is held. From then on verbs wait for the answer, instead of assuming
// that no controller runs. The listener is nil if the disk is full.
func (g *globals) listen() (net.Listener, error) {
	l, err := server.Listen(server.SocketPath(g.instanceDir()))
	if status.NoRoom(err) {
		slog.Warn("this controller has no socket: get and the other verbs inspect the engine themselves", "error", err)
		return nil, nil
	}
	return l, err
}

// answer answers on the socket until stop is called.
func answer(l net.Listener, c *controller.Controller, hub *server.Hub, about server.About) (stop func()) {
	if l == nil {
		return func() {}
	}
	handler := onceRead(c, server.New(c, hub, time.Now).About(about).Handler())
	return serve("the state", &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, l)
}

// currentTimeout is how long a request waits for a current state. It then gets the present one.
const currentTimeout = 10 * time.Second

// onceRead delays requests about workspaces until the manifests were read once, because no workspace is known before. A
// request with ?settled=true waits for a state that is current at the time of the request.
func onceRead(c *controller.Controller, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/apis/") {
			if r.URL.Query().Get("settled") == "true" {
				ctx, cancel := context.WithTimeout(r.Context(), currentTimeout)
				_ = c.WaitCurrent(ctx)
				cancel()
			}
			if err := c.WaitRead(r.Context(), time.Time{}); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
