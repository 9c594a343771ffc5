package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/containerd/errdefs/pkg/errhttp"
	"github.com/docker/docker/client"
)

// idleConnections fit the controller's workers, its event stream and its probes.
const idleConnections = 16

// connection is the docker client, and the HTTP client below it for the one call that the docker client gets wrong.
type connection struct {
	*client.Client
	http *http.Client
	base url.URL
	// podman says that the engine is podman, and fixedLimits that it cannot change those of a container.
	podman, fixedLimits bool
}

func (e *Engine) newClient() (*connection, error) {
	endpointOpts, err := e.endpoint.opts()
	if err != nil {
		return nil, e.misconfigured(err)
	}
	// No http.Client.Timeout: a stop takes its grace, a pull its minutes. Contexts end calls. This client comes first:
	// endpoints with TLS or a dialler of their own replace it.
	transport := &http.Transport{MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: 30 * time.Second}
	opts := []client.Opt{client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect})}
	opts = append(opts, endpointOpts...)
	if e.opts.UserAgent != "" {
		opts = append(opts, client.WithUserAgent(e.opts.UserAgent))
	}
	c := &connection{}
	// Last, because the docker client wraps its transport after the options.
	opts = append(opts, c.capture, tellDialled)
	cli, err := client.NewClientWithOpts(opts...)
	if err != nil {
		return nil, e.misconfigured(err)
	}
	c.Client = cli
	return c, nil
}

func (e *Engine) misconfigured(err error) error {
	return fmt.Errorf("use docker host %s (docker context %s): %w", e.endpoint.address, e.endpoint.context, err)
}

// capture is a client.Opt.
func (c *connection) capture(cli *client.Client) error {
	host, err := client.ParseHostURL(cli.DaemonHost())
	if err != nil {
		return err
	}
	c.http = cli.HTTPClient()
	c.base = url.URL{Scheme: "http", Host: host.Host, Path: host.Path}
	if t, ok := c.http.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		c.base.Scheme = "https"
	}
	if host.Scheme == "unix" || host.Scheme == "npipe" {
		// The transport dials the socket whatever the name; a path is none.
		c.base.Host = client.DummyHost
	}
	return nil
}

// stream is a GET whose body goes on. It returns when the header is there and says 200.
func (c *connection) stream(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	u := c.base
	u.Path = strings.TrimSuffix(u.Path, "/") + "/v" + c.ClientVersion() + path
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return nil, &statusError{text: refusal(resp.Status, text), class: errhttp.ToNative(resp.StatusCode)}
	}
	return resp.Body, nil
}

// statusError is what the docker client makes of an answer that is not 200.
type statusError struct {
	text  string
	class error
}

func (s *statusError) Error() string { return s.text }
func (s *statusError) Unwrap() error { return s.class }
