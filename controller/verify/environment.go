package verify

import (
	"context"
	"net/netip"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// environment gives the tests access to the workspaces, by number from 1 on.
type environment interface {
	// Converge asks for the workspaces 1 to n, and returns when the reconciler has nothing left to do.
	Converge(ctx context.Context, n int) error
	// State returns the state of a workspace according to the reconciler and the engine.
	State(ctx context.Context, i int) (State, error)
	// Exec runs a command in a workspace.
	Exec(ctx context.Context, i int, command []string) (Output, error)
	// Restart restarts a workspace, and returns when its container runs again.
	Restart(ctx context.Context, i int) error
	// Log returns the end of a workspace's log.
	Log(ctx context.Context, i int) (string, error)
	// Published, Memory and Subnets return the Measurer's readings.
	Published(ctx context.Context, i int) ([]string, error)
	Memory(ctx context.Context, i int) (int64, error)
	Subnets(ctx context.Context) ([]netip.Prefix, error)
	// TearDown removes all workspaces, and returns what was there before and after.
	TearDown(ctx context.Context) (before, after []string, err error)
}

// Measurer provides the extra readings of an engine that verify needs.
type Measurer interface {
	// Subnets returns the subnets of a network; engine.ErrNotFound if it does not exist.
	Subnets(ctx context.Context, network string) ([]netip.Prefix, error)
	// Memory returns the bytes that a running container uses, without the page cache that the kernel can reclaim.
	Memory(ctx context.Context, id string) (int64, error)
	// Published returns the container's ports that the engine forwards from its host's addresses, such as
	// 0.0.0.0:8080->3000/tcp, sorted.
	Published(ctx context.Context, id string) ([]string, error)
}

// State of a workspace.
type State struct {
	// ID of the container; empty if it does not exist.
	ID        string
	Running   bool
	Text      string
	StartedAt time.Time
	// Address on the network; invalid if it has none.
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
