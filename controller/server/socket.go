// Package server shows the controller's state on a unix socket, as Kubernetes-shaped JSON over HTTP, and is the client of
// that socket.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// SocketPath is the socket of the controller whose state is kept in dir.
func SocketPath(dir string) string { return filepath.Join(dir, "controller.sock") }

// maxSocketPath is what sun_path takes: 108 bytes on Linux, 104 on macOS, with a closing NUL.
const maxSocketPath = 103

// Listen opens the socket for its owner only. Whatever lies at the path is a leftover: the caller holds the instance's lock.
func Listen(path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("listen on %s: the path has %d bytes and a unix socket's at most %d: choose a shorter --state-dir",
			path, len(path), maxSocketPath)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on the controller's socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("protect the controller's socket: %w", err)
	}
	return l, nil
}

// dialer reaches the socket at path, whatever address HTTP thinks it talks to.
func dialer(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}}
}
