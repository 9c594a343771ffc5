package engine

import (
	"context"
	"net/netip"
)

// Measurer tells what only somebody who checks the engine's work asks for. It is apart from Engine: the loop needs none of it.
type Measurer interface {
	// Subnets are those of a network. ErrNotFound where there is no such network.
	Subnets(ctx context.Context, network string) ([]netip.Prefix, error)
	// Memory is what a running container uses, in bytes, without the page cache that the kernel would give back.
	Memory(ctx context.Context, id string) (int64, error)
	// Published are the container's ports that the engine forwards to from its host's addresses, such as
	// 0.0.0.0:8080->3000/tcp. Sorted.
	Published(ctx context.Context, id string) ([]string, error)
}
