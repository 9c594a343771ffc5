package main

import (
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
	"github.com/dual-dev/dual-reconciler/controller/status/instance"
	"github.com/dual-dev/dual-reconciler/internal/pause"
)

// Backend carries out the verbs that show or change workspaces. It is the running controller of the instance, reached
// through its socket, or this process, which then works on the engine, the manifests and the state directory itself.
type Backend interface {
	// Workspaces lists all workspaces; with secrets their secret values are shown.
	Workspaces(ctx context.Context, secrets bool) ([]v1alpha1.Workspace, error)
	// Watch calls changed for each workspace and then for each change, until changed returns false or ctx ends.
	Watch(ctx context.Context, secrets bool, changed func(server.Change) bool) error
	// Events lists the recent events of a workspace, or all events if workspace is empty; the newest last.
	Events(ctx context.Context, workspace string) ([]status.Event, error)
	// WatchEvents calls found for each recent event and then for each new one, until ctx ends.
	WatchEvents(ctx context.Context, workspace string, found func(status.Event)) error
	// Restart, Recreate, Approve and Remove call done with the name of each workspace and what was done about it.
	Restart(ctx context.Context, names []string, takeover bool, done report) error
	Recreate(ctx context.Context, names []string, pull, takeover bool, done report) error
	Approve(ctx context.Context, names []string, done report) error
	Remove(ctx context.Context, r removal, done report) error
}

// report receives what was done about a workspace.
type report func(workspace, done string)

// removal is the work of down.
type removal struct {
	// names of the workspaces; empty for all of the instance.
	names             []string
	workers           int
	volumes, takeover bool
	// confirm is called with the containers that will be removed. Its error cancels the removal.
	confirm func([]engine.Container) error
}

// backend returns the running controller if there is one, and else this process.
func (g *globals) backend() Backend {
	if client, ok := g.running(); ok {
		return remote{g, client}
	}
	return local{g}
}

// running reports whether a controller of the instance runs, and returns the client of its socket. The lock alone does
// not show it: apply and down also hold the lock, but have no socket.
func (g *globals) running() (*server.Client, bool) {
	client := server.NewClient(g.instanceDir())
	if instance.LockedBy(g.instanceDir()) == 0 {
		return client, false
	}
	conn, err := server.Dial(context.Background(), server.SocketPath(g.instanceDir()))
	if err != nil {
		return client, false
	}
	return client, conn.Close() == nil
}

const (
	// startTimeout is how long a process that holds the lock may take to open its socket.
	startTimeout = 5 * time.Second
	startPoll    = 50 * time.Millisecond
)

// starting is running for a controller that may have been started a moment ago.
func (g *globals) starting(ctx context.Context) (*server.Client, bool) {
	for began := time.Now(); ; {
		client, ok := g.running()
		if ok || time.Since(began) > startTimeout || instance.LockedBy(g.instanceDir()) == 0 {
			return client, ok
		}
		if pause.For(ctx, startPoll) != nil {
			return client, false
		}
	}
}

// done prints what was done about a workspace, as kubectl does.
func (g *globals) done(workspace, done string) {
	fmt.Fprintf(g.Out, "workspace.dual.dev/%s %s\n", workspace, done)
}

// whoAmI is the user's name for the events.
func whoAmI() string {
	u, err := user.Current()
	if err != nil {
		return "an unknown user"
	}
	return u.Username
}
