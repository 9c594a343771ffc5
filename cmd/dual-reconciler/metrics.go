package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/metrics"
)

// metricsFlags say where metrics are served.
type metricsFlags struct {
	addr        string
	allowRemote bool
}

func (f *metricsFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "metrics-addr", "", "serve /metrics, /healthz and /readyz at this host:port, such as localhost:9090 (default: nowhere)")
	flags.BoolVar(&f.allowRemote, "metrics-allow-remote", false, "let --metrics-addr be an address that other machines reach: there is no password and no encryption")
}

// address is where to listen; nil where metrics are off.
func (f *metricsFlags) address() (*net.TCPAddr, error) {
	a, err := loopbackOnly("metrics-addr", f.addr, "localhost:9090")
	if errors.Is(err, errRemote) {
		if f.allowRemote {
			return a, nil
		}
		return nil, fmt.Errorf("%w, or allow it with --metrics-allow-remote", err)
	}
	return a, err
}

// scrapes is the server of metrics; nil where they are off.
type scrapes struct {
	metrics  *metrics.Metrics
	listener net.Listener
}

// open takes the port, so that a port in use is said before anything is done, and has the controller measured.
func (f *metricsFlags) open(o *controller.Options) (*scrapes, error) {
	a, err := f.address()
	if a == nil || err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", a)
	if err != nil {
		return nil, fmt.Errorf("serve metrics at --metrics-addr %s: %w", f.addr, err)
	}
	m := metrics.New(version())
	o.Metrics = m
	o.Engine = engine.Observed(o.Engine, m.EngineCalled)
	return &scrapes{m, l}, nil
}

// serve answers until the returned function is called.
func (s *scrapes) serve(c *controller.Controller) (stop func()) {
	if s == nil {
		return func() {}
	}
	server := &http.Server{
		Handler: s.metrics.Show(c), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute,
	}
	slog.Info("metrics are served", "address", "http://"+s.listener.Addr().String()+"/metrics")
	return serve("/metrics", server, s.listener)
}
