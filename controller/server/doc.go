// Package server serves the controller's state on a unix socket, as JSON over HTTP in the style of the Kubernetes API, and has the
// client of that socket.
package server
