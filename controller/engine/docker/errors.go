package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// failure is an error of the engine: a sentence for people, a class for programs.
type failure struct {
	text  string
	class error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.class }

// fail makes a failure; class may be nil.
func fail(class error, format string, args ...any) error {
	return &failure{text: fmt.Sprintf(format, args...), class: class}
}

// translate turns an error of the docker client into one of package engine. doing is what was tried, such as
// "start container 3f2a1b". It is nil for a nil error.
func (e *Engine) translate(ctx context.Context, doing string, err error) error {
	var done *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &done):
		return err
	case ctx.Err() != nil:
		// Whatever the client made of it, the reason is the caller's.
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	case unreachable(err):
		return e.unavailable(err)
	}
	text := clean(err.Error())
	switch {
	case wrongVersion(text):
		e.renegotiate()
		return fail(engine.ErrUnavailable, "%s: the Docker engine at %s wants another API version: %s", doing, e.endpoint.address, text)
	case cerrdefs.IsUnavailable(err), goingDown(text):
		return fail(engine.ErrUnavailable, "%s: the Docker engine at %s is going down: %s", doing, e.endpoint.address, text)
	case cerrdefs.IsNotFound(err), cerrdefs.IsInternal(err) && strings.HasSuffix(text, "no such container"): // podman's 500
		return fail(engine.ErrNotFound, "%s: %s", doing, text)
	case cerrdefs.IsInvalidArgument(err):
		return fail(engine.ErrInvalid, "%s: %s", doing, text)
	}
	return fail(nil, "%s: %s", doing, text)
}

func unreachable(err error) bool {
	var netErr net.Error
	return client.IsErrConnectionFailed(err) ||
		errors.As(err, &netErr) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// unavailable says where the engine was looked for, and what to do.
func (e *Engine) unavailable(err error) error {
	where := e.endpoint.address
	if errors.Is(err, fs.ErrPermission) {
		return fail(engine.ErrUnavailable, "cannot reach the Docker engine at %s: permission denied: "+
			"add yourself to the docker group (then log in again) or use sudo (docker context %s)", where, e.endpoint.context)
	}
	// Nothing listens, or what listened went away in the middle: the usual case, where the question says it all.
	reason := "is it running?"
	var dns *net.DNSError
	switch text := err.Error(); {
	case errors.As(err, &dns):
		reason = "no such host " + dns.Name
	case strings.Contains(text, "tls: "), strings.Contains(text, "x509: "), strings.Contains(text, "TLS"):
		reason = clean(text)
	case strings.HasPrefix(where, "ssh://"):
		reason = clean(text)
	}
	return fail(engine.ErrUnavailable, "cannot reach the Docker engine at %s: %s (docker context %s)", where, reason, e.endpoint.context)
}

// wrongVersion: the engine was replaced by one with another range of API versions.
func wrongVersion(text string) bool {
	return strings.Contains(text, "client version") &&
		(strings.Contains(text, "is too new") || strings.Contains(text, "is too old"))
}

// goingDown: an engine that stops, or whose containerd is away, answers 500 with one of these.
func goingDown(text string) bool {
	for _, sign := range []string{
		"shutting down", "shutdown in progress", "containerd.sock", "grpc: the client connection is closing", "transport is closing",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	// The engine's own context, not ours: it cancels what is under way when it stops.
	return strings.HasSuffix(text, "context canceled")
}
