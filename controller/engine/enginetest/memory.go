// Package enginetest provides an engine in memory, with a fake clock, fault injection and out-of-band changes, and the contract
// suite that it and the real engine both pass.
package enginetest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

var _ engine.Engine = (*Memory)(nil)

// Options of a Memory. The zero value is an engine of four cores on the real clock.
type Options struct {
	Clock clock.Clock
	CPUs  int
	// FixedLimits is an engine that cannot change the limits of a container.
	FixedLimits bool
	// NameRelease is how long Create and Rename wait for the name of a container that is being removed; default: 2 s.
	NameRelease time.Duration
	// Address that Info tells; default: memory://.
	Address string
}

// Memory is an engine in memory. It has the image busybox:latest, and the networks bridge, none and host. All methods are
// safe for concurrent use. List is linear in the number of containers; all else does not depend on it.
type Memory struct {
	clock       clock.Clock
	cpus        int
	fixedLimits bool
	nameRelease time.Duration
	address     string

	mu         sync.Mutex
	serial     int
	containers map[string]*box
	names      map[string]*box
	volumes    map[string]*volume
	networks   map[string]int
	images     map[string]*image
	registry   map[string]*remote
	programs   map[string]Program
	onRun      RunFunc

	events  events
	away    bool
	faults  map[string][]error
	onCall  func(Call) error
	calls   []Call
	counted map[string]int

	mostRunning map[engine.Mark]int
}

// box is a container; its observable part is c.
type box struct {
	c engine.Container
	// serial orders by age, also at one instant of the clock.
	serial int
	spec   engine.ContainerSpec
	// made are the anonymous volumes that were made for it.
	made []string
	// gone is closed when the container is removed.
	gone chan struct{}
	// down is closed when the present run ends; nil while it does not run.
	down chan struct{}
	// runs are the commands that go on in it.
	runs map[*process]bool
}

type volume struct {
	labels map[string]string

	users int
}

// NewMemory makes an engine.
func NewMemory(opts Options) *Memory {
	m := &Memory{
		clock: opts.Clock, cpus: opts.CPUs, fixedLimits: opts.FixedLimits, nameRelease: opts.NameRelease,
		address:    cmp.Or(opts.Address, "memory://"),
		containers: map[string]*box{}, names: map[string]*box{}, volumes: map[string]*volume{},
		networks: map[string]int{"bridge": 0, "none": 0, "host": 0},
		images:   map[string]*image{}, registry: map[string]*remote{}, programs: map[string]Program{},
		faults: map[string][]error{}, counted: map[string]int{}, mostRunning: map[engine.Mark]int{},
	}
	if m.clock == nil {
		m.clock = clock.RealClock{}
	}
	if m.cpus == 0 {
		m.cpus = 4
	}
	if m.nameRelease == 0 {
		m.nameRelease = 2 * time.Second
	}
	m.AddImage("busybox:latest", ImageOptions{})
	return m
}

// AddNetwork makes a user-defined network.
func (m *Memory) AddNetwork(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.networks[name]; !ok {
		m.networks[name] = 0
	}
}

// find returns a container by id or name. The caller holds the lock.
func (m *Memory) find(doing, id string) (*box, error) {
	if b, ok := m.containers[id]; ok {
		return b, nil
	}
	if b, ok := m.names[id]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("%s %s: container %w", doing, id, engine.ErrNotFound)
}

func (m *Memory) newID(kind string) string {
	m.serial++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, m.serial))
	return hex.EncodeToString(sum[:])
}

// snapshot copies all that the engine changes later. Labels never change, here as in Docker: callers share them.
func (b *box) snapshot(details bool) engine.Container {
	c := b.c
	c.Networks = maps.Clone(c.Networks)
	c.Volumes = append([]engine.MountedVolume(nil), c.Volumes...)
	c.Binds = append([]engine.Bind(nil), c.Binds...)
	if details {
		d := *c.Details
		c.Details = &d
	} else {
		c.Details = nil
	}
	return c
}

// await waits until done is closed, d has passed by the clock (then false), or ctx ends. d < 0 waits without end.
func (m *Memory) await(ctx context.Context, done <-chan struct{}, d time.Duration) (bool, error) {
	var timeout <-chan time.Time
	if d >= 0 {
		t := m.clock.NewTimer(d)
		defer t.Stop()
		timeout = t.C()
	}
	select {
	case <-done:
		return true, nil
	case <-timeout:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
