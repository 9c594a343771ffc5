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

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/internal/systemd"
	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func runCommand(g *globals) *cobra.Command {
	var f loopFlags
	var scraped metricsFlags
	var shown uiFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the controller in the foreground",
		Long: `Run the controller in the foreground: it watches the manifests and keeps the containers converged on them.

It ends on SIGINT and SIGTERM and leaves every workspace running; a second signal ends it at once. SIGHUP makes
it read everything anew. Under systemd it says when it is ready, how the workspaces do, and that it is alive.
Only one controller of an instance runs at a time.

With --metrics-addr it serves Prometheus metrics at /metrics, and /healthz and /readyz, to this machine only unless
--metrics-allow-remote is given too. With --ui-addr it serves a page to look at in a browser, read-only and to this
machine only.`,
		Example: `  dual-reconciler run
  dual-reconciler run --metrics-addr localhost:9090
  dual-reconciler run --ui-addr localhost:8080
  dual-reconciler run --manifests ~/workspaces --instance team-a --log-format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if _, err := scraped.address(); err != nil {
				return err
			}
			if _, err := shown.address(); err != nil {
				return err
			}
			return g.run(cmd.Context(), f, scraped, shown)
		},
	}
	f.register(cmd)
	scraped.register(cmd)
	shown.register(cmd)
	return cmd
}

func (g *globals) run(ctx context.Context, f loopFlags, scraped metricsFlags, shown uiFlags) error {
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
	scrapes, err := scraped.open(&o)
	if err != nil {
		return err
	}
	page, err := shown.open()
	if err != nil {
		return err
	}
	defer page.close()
	c := controller.New(o)
	defer scrapes.serve(c)()

	about := server.About{Instance: g.instance, Manifests: g.manifests, Version: version(), PID: os.Getpid()}
	defer answer(socket, c, hub, about)()
	defer page.serve(c, hub, about)()
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
		slog.Warn("stopped; the workspaces are left as they are, and the engine does not say which of them run", "error", err)
	case len(down) > 0:
		slog.Warn("stopped; workspaces are down until the next run or apply, and the others go on running", "down", strings.Join(down, ", "))
	default:
		slog.Info("stopped; the workspaces go on running")
	}
}
