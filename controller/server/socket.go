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

// SocketPath returns the socket of the controller whose state is in dir.
func SocketPath(dir string) string { return filepath.Join(dir, "controller.sock") }

// maxSocketPath is what sun_path takes: 108 bytes on Linux, 104 on macOS, with a closing NUL.
const maxSocketPath = 103

// Listen opens the socket for its owner only. It removes what is at the path: the caller holds the instance's lock, so that it is
// left over.
func Listen(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", err)
	}
	address, done, err := addressOf(path)
	if err != nil {
		return nil, fmt.Errorf("listen on the controller's socket: %w", err)
	}
	defer done()
	l, err := net.Listen("unix", address)
	if err != nil {
		return nil, fmt.Errorf("listen on the controller's socket: %w", err)
	}
	if address != path {
		// The address is not valid later. The next Listen removes the file.
		l.(*net.UnixListener).SetUnlinkOnClose(false)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("protect the controller's socket: %w", err)
	}
	return l, nil
}

// addressOf returns the path itself if it fits into an address.
func addressOf(path string) (address string, done func(), err error) {
	if len(path) > maxSocketPath {
		return shortPath(path)
	}
	return path, func() {}, nil
}

// Dial connects to the socket at path.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	address, done, err := addressOf(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return (&net.Dialer{}).DialContext(ctx, "unix", address)
}

// dialer connects to the socket at path, whatever the address in the URL.
func dialer(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return Dial(ctx, path) },
	}}
}
