package main

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/systemd"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func (g *globals) run(ctx context.Context, f loopFlags, metrics, page *endpoint) error {
	// Before all else, because an unhandled SIGHUP would end the program.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	var socket net.Listener
	h, err := g.hold(ctx, func() (err error) {
		socket, err = g.listen()
		return err
	})
	if socket != nil {
		defer func() { _ = socket.Close() }()
	}
	if err != nil {
		return err
	}
	defer h.release()
	store, err := openStore(status.Open, g.instanceDir())
	if err != nil {
		return err
	}
	source := manifest.NewSource(g.newLoader(h.engine(), store, f), manifest.WithResync(f.resync))
	hub := server.NewHub()
	o := g.options(h.engine(), source, store, g.openEvents(hub.PublishEvent), f)
	o.OnChange = hub.Publish
	// The ports are opened before anything is done, so that a port in use is reported.
	if err := metrics.open(); err != nil {
		return err
	}
	defer metrics.close()
	if err := page.open(); err != nil {
		return err
	}
	defer page.close()
	measured := measure(&o, metrics)
	c := controller.New(o)
	defer serveMetrics(metrics, measured, c)()
	about := server.About{Instance: g.instance, Manifests: g.manifests, Version: version(), PID: os.Getpid()}
	defer answer(socket, c, hub, about)()
	defer servePage(page, c, hub, about)()
	notifying, cancel := context.WithCancel(ctx)
	notified := make(chan struct{})
	go func() {
		defer close(notified)
		systemd.New(c).Run(notifying, hup)
	}()
	slog.Info("started", "instance", g.instance, "manifests", g.manifests, "pid", os.Getpid(), "version", version())
	held, stillHeld := h.during(ctx)
	err = c.Run(held)
	cancel()
	<-notified
	err = cmp.Or(stillHeld(), err)
	logStopped(c)
	return err
}

// logStopped logs, as the last line, in which state the workspaces are left.
func logStopped(c *controller.Controller) {
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	down, err := c.Outages(ctx)
	switch {
	case err != nil:
		slog.Warn("stopped; the workspaces are left as they are, and the engine does not report which of them run",
			"error", err)
	case len(down) > 0:
		slog.Warn("stopped; workspaces are down until the next run or apply, and the others go on running",
			"down", strings.Join(down, ", "))
	default:
		slog.Info("stopped; the workspaces go on running")
	}
}
