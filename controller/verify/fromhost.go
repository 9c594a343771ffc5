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

// replyTimeout is how long a reply to the host may take.
const replyTimeout = 2 * time.Second

// fromHost is Test 4.1. Its measurements depend on the platform: on Linux the engine's bridge is an interface of the host, in
// Docker Desktop one of a virtual machine. It checks what must hold on both.
func (t *testCase) fromHost(ctx context.Context) error {
	holding := min(t.Workspaces, DefaultWorkspaces)
	_, silent, err := t.listeners(ctx, holding)
	if err != nil {
		return err
	}
	t.check(fmt.Sprintf("%d workspaces hold their own :%d meanwhile", holding, port), silent...)
	published, err := t.published(ctx)
	if err != nil {
		return err
	}
	t.check("The engine publishes no port of any workspace", published...)
	subnets, err := t.subnets(ctx)
	if err != nil {
		return err
	}
	leaks, others, err := t.ownAddresses(ctx, subnets)
	if err != nil {
		return err
	}
	t.bind(len(published) > 0 || len(leaks) > 0, others)
	t.check("No workspace answers at the host's own addresses", leaks...)
	return t.bridgeAddress(ctx)
}

func (t *testCase) published(ctx context.Context) (faults []fault, err error) {
	t.procedure("for n in $(seq 1 %d); do docker port %s-$n; done", t.Workspaces, strings.TrimSuffix(t.container(1), "-1"))
	ports, err := each(t.Loop.Workers, 1, t.Workspaces, func(i int) ([]string, error) {
		call := func(ctx context.Context) ([]string, error) { return t.env.Published(ctx, i) }
		return query(ctx, t, "docker port "+t.container(i), call, func(ports []string) (string, string) {
			return strings.Join(ports, "\n"), "ok"
		})
	})
	for n, p := range ports {
		faults = append(faults, wrongUnless(len(p) == 0, "%s publishes %s", t.name(n+1), strings.Join(p, ", "))...)
	}
	t.measure("Published ports", len(faults), "")
	return faults, err
}

// ownAddresses sends a request to each of the host's own addresses, except for those on the bridge. It returns the answers of
// workspaces, and what else holds the port.
func (t *testCase) ownAddresses(ctx context.Context, subnets []netip.Prefix) (leaks []fault, others []string, err error) {
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
	replies, err := each(t.Loop.Workers, 1, len(own), func(n int) (hostReply, error) {
		return t.get(ctx, netip.AddrPortFrom(own[n-1], port)), ctx.Err()
	})
	if err != nil {
		return nil, nil, err
	}
	for n, r := range replies {
		at := netip.AddrPortFrom(own[n], port)
		t.procedure("%s", t.curl(at))
		t.raw("%s: %s", at, r)
		switch who := t.whose(r); {
		case who > 0:
			leaks = append(leaks, wrong("%s answers at %s", t.name(who), at)...)
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

func (t *testCase) curl(at netip.AddrPort) string {
	return fmt.Sprintf("curl -s --max-time 2 http://%s/%s", at, t.Loop.Instance)
}

func (t *testCase) get(ctx context.Context, at netip.AddrPort) (r hostReply) {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	r.took = t.record(t.curl(at), func() (string, string) {
		r.Reply, r.err = t.Host.Get(ctx, at, "/"+t.Loop.Instance)
		return r.Body, r.String()
	})
	return r
}

// whose returns the number of the workspace that sent a reply, or 0 if none of this run did.
func (t *testCase) whose(r hostReply) int {
	for i := 1; r.err == nil && r.Status == 200 && i <= t.Workspaces; i++ {
		if strings.TrimSpace(r.Body) == identity(i) {
			return i
		}
	}
	return 0
}

// bind distinguishes a port that a workspace holds on the host from one that another program of the user holds.
func (t *testCase) bind(leaked bool, others []string) {
	t.procedure("nc -l -p %d # on the host, given back at once", port)
	var err error
	t.record(fmt.Sprintf("listen on :%d on the host", port), func() (string, string) {
		err = t.Host.Bind(port)
		return "", outcome(err)
	})
	t.raw("The host binds :%d: %s", port, outcome(err))
	if err == nil || leaked {
		t.check(fmt.Sprintf("The host itself binds :%d meanwhile", port), wrongUnless(err == nil, "%v", err)...)
		return
	}
	by := "something that does not answer"
	if len(others) > 0 {
		by = strings.Join(others, ", ")
	}
	t.check(fmt.Sprintf("What keeps the host from binding :%d is no workspace", port))
	t.deviated("the host's own :%d could not be bound (%v): it is held by something that is no workspace (%s).", port, err, by)
}

// bridgeAddress makes the one attempt to reach a workspace at its address on the bridge.
func (t *testCase) bridgeAddress(ctx context.Context) error {
	s, err := t.state(ctx, 1)
	if err != nil {
		return err
	}
	t.measure("Workspace 1 IP", shown(s.Address), "")
	t.measure("This machine", t.Platform, "")
	if !s.Address.IsValid() {
		t.check("Workspace 1 has an address to try", wrong("it has none")...)
		return nil
	}
	at := netip.AddrPortFrom(s.Address, port)
	t.procedure("%s", t.curl(at))
	r := t.get(ctx, at)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.raw("Workspace 1 IP: %s", s.Address)
	t.raw("%s: %s", at, r)
	t.took("Connection attempt", r.took)
	who := t.whose(r)
	t.measure("Bridge address answers the host", who == 1, "")
	meaning := "cannot reach the workspaces: it must itself be a container on their network"
	if who == 1 {
		meaning = "can reach each workspace at its address, without a published port"
	}
	t.measure("Meaning for a reverse proxy", "on this platform one on the host "+meaning, "")
	if who == 0 && r.err == nil {
		t.deviated("%s %s, which is no workspace: the host routes the bridge's addresses elsewhere.", at, r)
	}
	t.check(fmt.Sprintf("At the address of workspace 1, workspace 1 answers or none does (here: %s)", r),
		wrongUnless(who <= 1, "workspace %d answers", who)...)
	return nil
}
