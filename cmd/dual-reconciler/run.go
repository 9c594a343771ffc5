package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/manifest"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

func runCommand(g *globals) *cobra.Command {
	var f loopFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the controller in the foreground",
		Long: `Run the controller in the foreground: it watches the manifests and keeps the containers converged on them.

It ends on SIGINT and SIGTERM and leaves every workspace running. SIGHUP makes it read everything anew.
Only one controller of an instance runs at a time.`,
		Example: `  dual-reconciler run
  dual-reconciler run --manifests ~/workspaces --instance team-a --log-format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return g.run(cmd.Context(), f)
		},
	}
	f.register(cmd)
	return cmd
}

func (g *globals) run(ctx context.Context, f loopFlags) error {
	unlock, err := status.Lock(g.instanceDir(), g.instance)
	if err != nil {
		return err
	}
	defer unlock()
	e, err := newEngine()
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	store, err := openStore(status.Open, g.instanceDir())
	if err != nil {
		return err
	}
	source := manifest.NewSource(g.newLoader(store, f), manifest.WithResync(f.resync))
	hub := server.NewHub()
	o := g.options(e, source, store, f)
	o.OnChange = hub.Publish
	c := controller.New(o)

	stopServing, err := g.serve(c, hub)
	if err != nil {
		return err
	}
	defer stopServing()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-hup:
				slog.Info("reading everything anew", "cause", "SIGHUP")
				c.Rescan()
			case <-ctx.Done():
				return
			}
		}
	}()
	slog.Info("started", "instance", g.instance, "manifests", g.manifests, "pid", os.Getpid(), "version", version())
	notify(daemon.SdNotifyReady)
	err = c.Run(ctx)
	notify(daemon.SdNotifyStopping)
	slog.Info("stopped; the workspaces go on running")
	return err
}

// notify tells systemd, where it asked to be told.
func notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		slog.Warn("notify systemd", "error", err)
	}
}

// serve answers on the socket until the returned function is called.
func (g *globals) serve(c *controller.Controller, hub *server.Hub) (func(), error) {
	l, err := server.Listen(server.SocketPath(g.instanceDir()))
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: server.New(c, hub, time.Now).Handler(), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the state is not served any more", "error", err)
		}
	}()
	return func() {
		_ = s.Close() // Readers of streams never end by themselves.
		<-done
	}, nil
}
