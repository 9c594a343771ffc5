package verify

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Host is the machine that this program runs on.
type Host interface {
	// Load is the machine's load average, as text.
	Load() string
	// Bind listens on a port as a server of the user's would, and gives it back at once.
	Bind(port int) error
	// Addresses are the machine's own.
	Addresses() ([]netip.Addr, error)
	// Get makes one connection and sends one request on it. The error says why there was no answer, and wraps
	// syscall.ECONNREFUSED where nobody listens.
	Get(ctx context.Context, at netip.AddrPort, path string) (Reply, error)
}

// Reply of an HTTP server.
type Reply struct {
	Status int
	Body   string
}

// answerWithin is how long an answer may take.
const answerWithin = 2 * time.Second

// fromTheHost is Test 2.1. What it finds depends on the platform: on Linux the engine's bridge is an interface of the host, in
// Docker Desktop one of a virtual machine. Judged is what must hold on both.
func (t *trial) fromTheHost(ctx context.Context) error {
	holding := min(t.Workspaces, DefaultWorkspaces)
	_, silent, err := t.listeners(ctx, 1, holding)
	if err != nil {
		return err
	}
	t.all(fmt.Sprintf("%d workspaces hold their own :%d meanwhile", holding, port), silent)
	published, err := t.published(ctx)
	if err != nil {
		return err
	}
	t.all("The engine publishes no port of any workspace", published)
	subnets, err := insist(ctx, t, t.machines.Subnets)
	if err != nil {
		return err
	}
	leaks, others, err := t.ownAddresses(ctx, subnets)
	if err != nil {
		return err
	}
	t.bind(len(published) > 0 || len(leaks) > 0, others)
	t.all("No workspace answers at the host's own addresses", leaks)
	return t.bridgeAddress(ctx)
}

func (t *trial) published(ctx context.Context) (wrong []fault, err error) {
	t.did("for n in $(seq 1 %d); do docker port %s-$n; done", t.Workspaces, strings.TrimSuffix(t.container(1), "-1"))
	ports, err := each(t, 1, t.Workspaces, func(i int) (ports []string, err error) {
		t.call("docker port "+t.container(i), func() (string, string) {
			ports, err = insist(ctx, t, func(ctx context.Context) ([]string, error) { return t.machines.Published(ctx, i) })
			return strings.Join(ports, "\n"), outcome(err)
		})
		return ports, err
	})
	for n, p := range ports {
		if len(p) > 0 {
			wrong = append(wrong, fault{text: fmt.Sprintf("%s publishes %s", t.name(n+1), strings.Join(p, ", "))})
		}
	}
	t.measure("Published ports", len(wrong), "")
	return wrong, err
}

// ownAddresses asks at each of the host's own addresses who is there. The bridge's own one is left to the single request of
// bridgeAddress.
func (t *trial) ownAddresses(ctx context.Context, subnets []netip.Prefix) (leaks []fault, others []string, err error) {
	own, err := t.Host.Addresses()
	if err != nil {
		return nil, nil, err
	}
	own = slices.DeleteFunc(own, func(a netip.Addr) bool {
		return slices.ContainsFunc(subnets, func(p netip.Prefix) bool { return p.Contains(a) })
	})
	if len(own) == 0 {
		return nil, nil, errors.New("the host has no address to ask at")
	}
	replies, err := each(t, 1, len(own), func(n int) (hostReply, error) {
		return t.get(ctx, netip.AddrPortFrom(own[n-1], port)), ctx.Err()
	})
	if err != nil {
		return nil, nil, err
	}
	for n, r := range replies {
		at := netip.AddrPortFrom(own[n], port)
		t.did("curl -s --max-time 2 http://%s/%s", at, t.Loop.Instance)
		t.raw("%s: %s", at, r)
		switch who := t.whose(r); {
		case who > 0:
			leaks = append(leaks, fault{text: fmt.Sprintf("%s answers at %s", t.name(who), at)})
		case !errors.Is(r.err, syscall.ECONNREFUSED):
			others = append(others, fmt.Sprintf("%s: %s", at, r))
		}
	}
	t.measure("Host addresses asked", len(own), "")
	return leaks, others, nil
}

type hostReply struct {
	Reply
	err  error
	took time.Duration
}

func (r hostReply) String() string {
	if r.err != nil {
		return fmt.Sprintf("no answer: %v", r.err)
	}
	return fmt.Sprintf("answered %d %q", r.Status, r.Body)
}

func (t *trial) get(ctx context.Context, at netip.AddrPort) (r hostReply) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	begun := t.clock.Now()
	t.call(fmt.Sprintf("curl -s --max-time 2 http://%s/%s", at, t.Loop.Instance), func() (string, string) {
		r.Reply, r.err = t.Host.Get(ctx, at, "/"+t.Loop.Instance)
		return r.Body, r.String()
	})
	r.took = t.clock.Since(begun)
	return r
}

// whose is the number of the workspace that a reply comes from, 0 where it is none of this run's.
func (t *trial) whose(r hostReply) int {
	for i := 1; r.err == nil && r.Status == 200 && i <= t.Workspaces; i++ {
		if strings.TrimSpace(r.Body) == identity(i) {
			return i
		}
	}
	return 0
}

// bind tells a port that a workspace took from one that something of the user's holds.
func (t *trial) bind(leaked bool, others []string) {
	t.did("nc -l -p %d # on the host, given back at once", port)
	var err error
	t.call(fmt.Sprintf("listen on :%d on the host", port), func() (string, string) {
		err = t.Host.Bind(port)
		return "", outcome(err)
	})
	t.raw("The host binds :%d: %s", port, outcome(err))
	if err == nil || leaked {
		t.check(err == nil, fmt.Sprintf("The host itself binds :%d meanwhile", port), fmt.Sprint(err))
		return
	}
	by := "something that does not answer"
	if len(others) > 0 {
		by = strings.Join(others, ", ")
	}
	t.check(true, fmt.Sprintf("What keeps the host from binding :%d is no workspace", port), "")
	t.deviated("the host's own :%d could not be bound (%v): it is held by something that is no workspace (%s).", port, err, by)
}

// bridgeAddress makes the one attempt to reach a workspace at its address on the bridge.
func (t *trial) bridgeAddress(ctx context.Context) error {
	s, err := t.state(ctx, 1)
	if err != nil {
		return err
	}
	t.measure("Workspace 1 IP", shown(s.Address), "")
	t.measure("This machine", t.Platform, "")
	if !s.Address.IsValid() {
		t.check(false, "Workspace 1 has an address to try", "it has none")
		return nil
	}
	at := netip.AddrPortFrom(s.Address, port)
	t.did("curl -s --max-time 2 http://%s/%s", at, t.Loop.Instance)
	r := t.get(ctx, at)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.raw("Workspace 1 IP: %s", s.Address)
	t.raw("%s: %s", at, r)
	t.took("Connection attempt", r.took)
	who := t.whose(r)
	t.measure("Bridge address answers the host", who == 1, "")
	switch {
	case who == 1:
		t.measure("Meaning for a reverse proxy", "on this platform one on the host can reach each workspace at its address, without a published port", "")
	case who == 0 && r.err == nil:
		t.deviated("%s %s, which is no workspace: the host routes the bridge's addresses elsewhere.", at, r)
		fallthrough
	default:
		t.measure("Meaning for a reverse proxy", "on this platform one on the host cannot reach the workspaces: it must itself be a container on their network", "")
	}
	t.check(who <= 1, fmt.Sprintf("At the address of workspace 1, workspace 1 answers or none does (here: %s)", r), fmt.Sprintf("workspace %d answers", who))
	return nil
}
