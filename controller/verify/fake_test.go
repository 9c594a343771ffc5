package verify

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// fakes are workspaces that are isolated as they should be, until a test changes that.
type fakes struct {
	made   int
	states map[int]State
	bodies map[int]string
	deaf   map[int]bool
	// hangs are those of which no answer ever comes, and slow those of which one comes after some tries.
	hangs     map[int]bool
	slow      map[int]int
	codes     map[string]int
	spaces    map[int]string
	published map[int][]string
	subnet    netip.Prefix
	left      []string
	// also is what a restart of one does to others.
	also func(*fakes)
	// onConverge may fail.
	onConverge func(n int) error
	// interrupt is Ctrl-C.
	interrupt context.CancelFunc
}

func newFakes() *fakes {
	return &fakes{
		states: map[int]State{}, bodies: map[int]string{}, deaf: map[int]bool{}, hangs: map[int]bool{}, slow: map[int]int{}, spaces: map[int]string{}, published: map[int][]string{},
		codes: map[string]int{"exit 0": 0, "exit 42": 42, "nonexistent_command 2>/dev/null": 127}, subnet: netip.MustParsePrefix("172.17.0.0/16"),
	}
}

func (f *fakes) Converge(_ context.Context, n int) error {
	for ; f.made < n; f.made++ {
		i := f.made + 1
		time.Sleep(100 * time.Millisecond)
		if _, arranged := f.states[i]; !arranged {
			f.states[i] = State{
				ID: fmt.Sprintf("%064x", i), Running: true, Text: "running", StartedAt: time.Now(), Ready: true, Reason: "Running",
				Address: netip.AddrFrom4([4]byte{172, 17, 0, byte(i + 1)}), Message: "it runs",
			}
		}
		if f.bodies[i] == "" {
			f.bodies[i] = identity(i)
		}
		if f.spaces[i] == "" {
			f.spaces[i] = fmt.Sprintf("net:[%d]", 4026532000+i)
		}
	}
	if f.onConverge != nil {
		return f.onConverge(n)
	}
	return nil
}

func (f *fakes) State(_ context.Context, i int) (State, error) { return f.states[i], nil }

func (f *fakes) Exec(ctx context.Context, i int, command []string) (Output, error) {
	time.Sleep(40 * time.Millisecond)
	if f.slow[i]--; f.hangs[i] || f.slow[i] >= 0 {
		limited, cancel := context.WithTimeout(ctx, execTimeout)
		defer cancel()
		<-limited.Done()
		return Output{}, fmt.Errorf("exec in container %d: %w", i, limited.Err())
	}
	switch {
	case slices.Equal(command, ask) && f.deaf[i]:
		return Output{Stderr: "wget: can't connect to remote host (127.0.0.1): Connection refused\n", Code: 1}, nil
	case slices.Equal(command, ask):
		return Output{Stdout: f.bodies[i] + "\n"}, nil
	case slices.Equal(command, namespace):
		return Output{Stdout: f.spaces[i] + "\n"}, nil
	case command[2] == listening && f.deaf[i]:
		return Output{Code: 1}, nil
	case command[2] == listening:
		return Output{Stdout: "process 7 (busybox) listens on :3000\n"}, nil
	}
	return Output{Code: f.codes[command[2]]}, nil
}

func (f *fakes) Restart(_ context.Context, i int) error {
	time.Sleep(700 * time.Millisecond)
	s := f.states[i]
	s.StartedAt = time.Now()
	f.states[i] = s
	if f.also != nil {
		f.also(f)
	}
	return nil
}

func (f *fakes) Log(context.Context, int) (string, error) {
	return "httpd: bind: Address in use\n", nil
}

func (f *fakes) Published(_ context.Context, i int) ([]string, error) { return f.published[i], nil }

func (f *fakes) Memory(_ context.Context, i int) (int64, error) { return int64(i) * 100 << 10, nil }

func (f *fakes) Subnets(context.Context) ([]netip.Prefix, error) {
	return []netip.Prefix{f.subnet}, nil
}

func (f *fakes) TearDown(context.Context) (before, after []string, err error) {
	for i := range f.made {
		before = append(before, fmt.Sprintf("dual-arch-net-%d", i+1))
	}
	return before, f.left, nil
}

// fakeHost has nobody on its port, and answers of workspaces at their addresses.
type fakeHost struct {
	busy    error
	replies map[string]Reply
	// asked are all connections.
	asked []string
}

func (h *fakeHost) Load() string { return "9.10 8.20 7.30 on 2 CPUs" }

func (h *fakeHost) Bind(int) error { return h.busy }

func (h *fakeHost) Addresses() ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("172.17.0.1"), netip.MustParseAddr("192.168.1.7")}, nil
}

func (h *fakeHost) Get(_ context.Context, at netip.AddrPort, path string) (Reply, error) {
	h.asked = append(h.asked, at.Addr().String())
	if path != "/verify-fake" {
		return Reply{Status: 404}, nil
	}
	r, ok := h.replies[at.Addr().String()]
	if !ok {
		return Reply{}, fmt.Errorf("dial tcp %s: connect: %w", at, syscall.ECONNREFUSED)
	}
	return r, nil
}

func newFakeHost() *fakeHost {
	return &fakeHost{replies: map[string]Reply{"172.17.0.2": {200, "workspace-01\n"}}}
}

// fakeRun runs all tests in a bubble: its times are always the same ones.
func fakeRun(t *testing.T, arrange func(f *fakes, h *fakeHost, o *Options)) (report *Report, host *fakeHost) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		f, h := newFakes(), newFakeHost()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		f.interrupt = cancel
		o := Options{
			Loop: controller.Options{Instance: "verify-fake", Directory: "/tmp/dual-verify-1/manifests", Engine: fakeInfo{enginetest.NewMemory(enginetest.Options{})}, Workers: 1},
			Host: h, Image: "busybox:latest", Prefix: "arch-net", Workspaces: DefaultWorkspaces, Timeout: DefaultTimeout, Program: "v1.2.3", Platform: "linux/amd64",
		}
		if arrange != nil {
			arrange(f, h, &o)
		}
		r := &suite{Options: o, env: f}
		report, host = r.run(ctx), h
	})
	return report, host
}

// fakeInfo is an engine of which all is known.
type fakeInfo struct{ *enginetest.Memory }

func (fakeInfo) Info(context.Context) (engine.Info, error) {
	return engine.Info{
		Version: "29.2.0", APIVersion: "1.51", OS: "Docker Desktop", Arch: "aarch64", CPUs: 8,
		Address: "unix:///Users/me/.docker/run/docker.sock", Context: "desktop-linux",
	}, nil
}
