package docker

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// attach starts a command and takes its connection over. The docker client asks for that on a connection of its own, and waits
// for the answer whatever becomes of the context: the connection is closed when the context ends.
func attach(ctx context.Context, cli *connection, exec string, o container.ExecAttachOptions) (types.HijackedResponse, error) {
	d := &dialled{}
	stop := context.AfterFunc(ctx, d.close)
	type answer struct {
		stream types.HijackedResponse
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		stream, err := cli.ContainerExecAttach(context.WithValue(ctx, dialledKey{}, d), exec, o)
		answered <- answer{stream, err}
	}()
	select {
	case a := <-answered:
		if stop() || ctx.Err() == nil {
			return a.stream, a.err
		}
		if a.err == nil {
			a.stream.Close()
		}
	case <-ctx.Done():
		// Over TLS nobody can close the connection before the engine answers, or its end is found out.
		go func() {
			if a := <-answered; a.err == nil {
				a.stream.Close()
			}
		}()
	}
	return types.HijackedResponse{}, ctx.Err()
}

type dialledKey struct{}

// dialled is the connection of one call.
type dialled struct {
	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (d *dialled) set(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn = conn; d.closed {
		_ = conn.Close()
	}
}

func (d *dialled) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed = true; d.conn != nil {
		_ = d.conn.Close()
	}
}

// tellDialled lets attach know its connection. Over TLS the docker client dials by itself, and nobody is told.
func tellDialled(cli *client.Client) error {
	t, ok := cli.HTTPClient().Transport.(*http.Transport)
	if !ok || t.DialContext == nil {
		return nil
	}
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if d, is := ctx.Value(dialledKey{}).(*dialled); is && err == nil {
			d.set(conn)
		}
		return conn, err
	}
	return nil
}
