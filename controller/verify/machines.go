package verify

import (
	"context"
	"net/netip"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// machines are the workspaces as the tests reach them, by number from 1 on.
type machines interface {
	// Converge asks for the workspaces 1 to n, and returns when the reconciler has nothing more to do.
	Converge(ctx context.Context, n int) error
	// State is what the reconciler and the engine say of a workspace.
	State(ctx context.Context, i int) (State, error)
	// Exec runs a command in a workspace.
	Exec(ctx context.Context, i int, command []string) (Output, error)
	// Restart restarts a workspace, and returns when its container runs again.
	Restart(ctx context.Context, i int) error
	// Log is the end of what a workspace printed.
	Log(ctx context.Context, i int) (string, error)
	Published(ctx context.Context, i int) ([]string, error)
	Memory(ctx context.Context, i int) (int64, error)
	Subnets(ctx context.Context) ([]netip.Prefix, error)
	// TearDown removes all workspaces, and returns what was there before and after.
	TearDown(ctx context.Context) (before, after []string, err error)
}

// State of a workspace.
type State struct {
	// ID of the container; empty where there is none.
	ID        string
	Running   bool
	Text      string
	StartedAt time.Time
	// Address on the network; invalid where it has none.
	Address netip.Addr
	// Ready, Reason and Message are the workspace's condition.
	Ready           bool
	Reason, Message string
}

// Output of a command.
type Output struct {
	Stdout, Stderr string
	Code           int
}

func (o Options) container(i int) string { return v1alpha1.ContainerName(o.name(i)) }
