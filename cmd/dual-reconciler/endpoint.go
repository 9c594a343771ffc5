package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/metrics"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/server/ui"
)

// endpoint is an address that a flag of run has served.
type endpoint struct {
	// flag that sets addr, what is served there, and an example of an address.
	flag, what, example string
	// addr is empty if nothing is served.
	addr string
	// allowRemote permits an address that other machines reach; allowFlag sets it.
	allowRemote bool
	allowFlag   string
	// listener is nil if nothing is served.
	listener net.Listener
}

func metricsEndpoint() *endpoint {
	return &endpoint{
		flag: "metrics-addr", what: "metrics", example: "localhost:9090", allowFlag: "metrics-allow-remote",
	}
}

func pageEndpoint() *endpoint {
	return &endpoint{flag: "ui-addr", what: "the page", example: "localhost:8080"}
}

// address resolves addr. Unless that is allowed, it refuses an address that other machines reach, because there is no
// password. It is nil if nothing is served.
func (e *endpoint) address() (*net.TCPAddr, error) {
	if e.addr == "" {
		return nil, nil
	}
	a, err := net.ResolveTCPAddr("tcp", e.addr)
	if err != nil {
		return nil, fmt.Errorf("--%s %s: %w: want host:port, such as %s", e.flag, e.addr, err, e.example)
	}
	// An empty host means all interfaces.
	if a.IP.IsLoopback() || e.allowRemote {
		return a, nil
	}
	text := fmt.Sprintf("--%s %s: other machines reach that, and there is no password and no encryption: use localhost:%d",
		e.flag, e.addr, a.Port)
	if e.allowFlag != "" {
		text += ", or allow it with --" + e.allowFlag
	}
	return nil, errors.New(text)
}

// open takes the port.
func (e *endpoint) open() error {
	a, err := e.address()
	if a == nil || err != nil {
		return err
	}
	l, err := net.ListenTCP("tcp", a)
	if err != nil {
		return fmt.Errorf("serve %s at --%s %s: %w", e.what, e.flag, e.addr, err)
	}
	e.listener = l
	return nil
}

// close releases the port if nothing was served.
func (e *endpoint) close() {
	if e.listener != nil {
		_ = e.listener.Close()
	}
}

// measure has the controller measured if metrics are served, and else returns nil.
func measure(o *controller.Options, e *endpoint) *metrics.Metrics {
	if e.listener == nil {
		return nil
	}
	m := metrics.New(version())
	o.Metrics = m
	o.Engine = engine.Observed(o.Engine, m.EngineCalled)
	return m
}

// serveMetrics answers until stop is called.
func serveMetrics(e *endpoint, m *metrics.Metrics, c *controller.Controller) (stop func()) {
	if e.listener == nil {
		return func() {}
	}
	slog.Info("metrics are served", "address", "http://"+e.listener.Addr().String()+"/metrics")
	return serve("/metrics", &http.Server{
		Handler: m.Show(c), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute,
	}, e.listener)
}

const (
	// pageTimeout is for answers that are no streams; a stream sets its own deadline for each message.
	pageTimeout = 10 * time.Second
	// pageEnd is how long open answers may take at the end.
	pageEnd = 2 * time.Second
)

// servePage answers until stop is called.
func servePage(e *endpoint, c ui.Viewer, hub *server.Hub, about server.About) (stop func()) {
	if e.listener == nil {
		return func() {}
	}
	streaming, endStreams := context.WithCancel(context.Background())
	s := &http.Server{
		Handler:           ui.New(c, hub, about, e.listener.Addr(), time.Now),
		BaseContext:       func(net.Listener) context.Context { return streaming },
		ReadHeaderTimeout: pageTimeout, WriteTimeout: pageTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14,
	}
	slog.Info("the page is served", "address", "http://"+e.listener.Addr().String()+"/")
	closeNow := serve("the page", s, e.listener)
	return func() {
		// A browser connects again without an error message if its stream ends regularly.
		endStreams()
		ctx, cancel := context.WithTimeout(context.Background(), pageEnd)
		defer cancel()
		_ = s.Shutdown(ctx) // Closing then breaks the remaining connections.
		closeNow()
	}
}

// serve answers on l until stop is called, which closes all connections. name is for the log.
func serve(name string, s *http.Server, l net.Listener) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error(name+" is not served any more", "error", err)
		}
	}()
	return func() {
		_ = s.Close() // Readers of streams never end by themselves.
		<-done
	}
}
