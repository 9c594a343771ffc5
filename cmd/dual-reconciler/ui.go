package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/dual-dev/dual-reconciler/controller/server"
)

// uiFlags say where the page is served.
type uiFlags struct{ addr string }

func (f *uiFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.addr, "ui-addr", "", "serve a page to look at, for this machine only, at this host:port, such as localhost:8080 (default: nowhere)")
}

// address is where to listen; nil where the page is off.
func (f *uiFlags) address() (*net.TCPAddr, error) {
	return loopbackOnly("ui-addr", f.addr, "localhost:8080")
}

// page is the listener of the page; nil where it is off.
type page struct{ listener net.Listener }

// open takes the port, so that a port in use is said before anything is done.
func (f *uiFlags) open() (*page, error) {
	a, err := f.address()
	if a == nil || err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", a)
	if err != nil {
		return nil, fmt.Errorf("serve the page at --ui-addr %s: %w", f.addr, err)
	}
	return &page{l}, nil
}

// close gives the port back where nothing was served.
func (p *page) close() {
	if p != nil {
		_ = p.listener.Close()
	}
}

const (
	// pageAnswer is for all that is no stream; a stream sets a deadline of its own for each message.
	pageAnswer = 10 * time.Second
	// pageEnd is how long open answers may take at the end.
	pageEnd = 2 * time.Second
)

// serve answers until the returned function is called.
func (p *page) serve(c server.Looked, hub *server.Hub, about server.About) (stop func()) {
	if p == nil {
		return func() {}
	}
	streaming, endStreams := context.WithCancel(context.Background())
	s := &http.Server{
		Handler:           server.NewUI(c, hub, about, p.listener.Addr(), time.Now),
		BaseContext:       func(net.Listener) context.Context { return streaming },
		ReadHeaderTimeout: pageAnswer, WriteTimeout: pageAnswer, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14,
	}
	slog.Info("the page is served", "address", "http://"+p.listener.Addr().String()+"/")
	cutOff := serve("the page", s, p.listener)
	return func() {
		// Ended, not cut off: a browser then connects again without a complaint.
		endStreams()
		ctx, cancel := context.WithTimeout(context.Background(), pageEnd)
		defer cancel()
		_ = s.Shutdown(ctx) // What is left then is cut off.
		cutOff()
	}
}
