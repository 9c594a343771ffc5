// Package docker talks to a real engine through Docker's API. It is the only importer of github.com/docker/docker: all of
// its types and errors are translated to those of package engine here.
package docker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

var _ engine.Engine = (*Engine)(nil)

// DefaultStallTimeout is how long a pull may be silent.
const DefaultStallTimeout = 60 * time.Second

// Options of New. The zero value is what a user of the docker command expects.
type Options struct {
	// Host such as unix:///var/run/docker.sock; it wins over the environment and over docker contexts.
	Host string
	// ConfigDir is Docker's configuration directory; default: $DOCKER_CONFIG, else ~/.docker.
	ConfigDir string
	// StallTimeout ends a pull that delivers no byte for so long; default: DefaultStallTimeout.
	StallTimeout time.Duration
	// UserAgent of the requests.
	UserAgent string
}

// Engine is a Docker engine, or one that speaks its API.
type Engine struct {
	opts     Options
	endpoint endpoint

	// connected is the client in use: nil until the API version is agreed upon, and again when it no longer fits.
	connected atomic.Pointer[connection]
	// connecting serialises the negotiation; a channel, so that a caller's context ends its wait.
	connecting chan struct{}
	// cpus is the engine's number of cores; 0 until the engine told.
	cpus atomic.Int64
	// isolated are podman's containers without a network.
	isolated isolated
}

// New prepares an engine. DOCKER_HOST, DOCKER_CONTEXT and the current docker context are honoured in the docker command's
// order, and so are DOCKER_API_VERSION, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. It makes no network call: an engine that
// is away is an ErrUnavailable of the first call.
func New(opts Options) (*Engine, error) {
	if opts.StallTimeout <= 0 {
		opts.StallTimeout = DefaultStallTimeout
	}
	if opts.ConfigDir == "" {
		opts.ConfigDir = defaultConfigDir()
	}
	ep, err := resolveEndpoint(opts)
	if err != nil {
		return nil, err
	}
	e := &Engine{opts: opts, endpoint: ep, connecting: make(chan struct{}, 1)}
	// Bad TLS material and malformed hosts are the user's to mend: they show here, not at the first call.
	cli, err := e.newClient()
	if err != nil {
		return nil, err
	}
	return e, cli.Close()
}

// Close drops idle connections.
func (e *Engine) Close() error {
	if cli := e.connected.Swap(nil); cli != nil {
		return cli.Close()
	}
	return nil
}

// client returns a client whose API version is agreed upon. The docker client's own negotiation goes on with its newest
// version when the engine does not answer the ping, and never goes up again: over an engine's restart or upgrade both end
// in refusals that no retry cures.
func (e *Engine) client(ctx context.Context) (*connection, error) {
	if cli := e.connected.Load(); cli != nil {
		return cli, nil
	}
	select {
	case e.connecting <- struct{}{}:
		defer func() { <-e.connecting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if cli := e.connected.Load(); cli != nil {
		return cli, nil
	}
	cli, err := e.newClient()
	if err != nil {
		return nil, err
	}
	ping, err := cli.Ping(ctx)
	if err != nil {
		_ = cli.Close()
		return nil, e.translate(ctx, "ping engine", err)
	}
	cli.NegotiateAPIVersionPing(ping)
	if err := cli.recognize(ctx); err != nil {
		_ = cli.Close()
		return nil, e.translate(ctx, "ping engine", err)
	}
	e.connected.Store(cli)
	return cli, nil
}

// call makes a call of the API and translates its error. doing describes the call, such as "start container 3f2a1b".
func (e *Engine) call(ctx context.Context, doing string, f func(cli *connection) error) error {
	cli, err := e.client(ctx)
	if err != nil {
		return err
	}
	return e.translate(ctx, doing, f(cli))
}

// ask is call for calls with a result.
func ask[T any](ctx context.Context, e *Engine, doing string, f func(cli *connection) (T, error)) (result T, err error) {
	err = e.call(ctx, doing, func(cli *connection) (err error) {
		result, err = f(cli)
		return err
	})
	return result, err
}

// renegotiate makes the next call agree upon a version anew.
func (e *Engine) renegotiate() {
	if cli := e.connected.Swap(nil); cli != nil {
		_ = cli.Close()
	}
}
