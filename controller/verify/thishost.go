package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Host is the machine that this program runs on.
type Host interface {
	// Load returns the machine's load average, as text.
	Load() string
	// Bind listens on a port, as a server of the user would, and closes it at once.
	Bind(port int) error
	// Addresses returns the machine's own addresses.
	Addresses() ([]netip.Addr, error)
	// Get makes one connection and sends one request on it. The error is the reason for a missing answer, and wraps
	// syscall.ECONNREFUSED if nothing listens.
	Get(ctx context.Context, at netip.AddrPort, path string) (Reply, error)
}

// Reply of an HTTP server.
type Reply struct {
	Status int
	Body   string
}

// ThisHost returns the machine that this program runs on.
func ThisHost() Host { return thisHost{} }

type thisHost struct{}

// Load reads the three load averages.
func (thisHost) Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		text, _ = exec.Command("sysctl", "-n", "vm.loadavg").Output() // "{ 1.10 1.20 1.30 }"
	}
	numbers := strings.Fields(strings.Trim(strings.TrimSpace(string(text)), "{}"))
	if len(numbers) < 3 {
		return "unknown"
	}
	return fmt.Sprintf("%s on %d CPUs", strings.Join(numbers[:3], " "), runtime.NumCPU())
}

// Bind tries both addresses: on some systems one can be bound while the other is in use.
func (thisHost) Bind(port int) error {
	for _, address := range []string{"127.0.0.1", ""} {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, port))
		if err != nil {
			return err
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Addresses returns the addresses at which a published port would be reachable. Link-local ones need a zone and are left out.
func (thisHost) Addresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var own []netip.Addr
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
			own = append(own, p.Addr().Unmap())
		}
	}
	return own, nil
}

// maxBody is more than the answer of a workspace.
const maxBody = 512

// Get follows no redirect, does not retry and uses no proxy.
func (thisHost) Get(ctx context.Context, at netip.AddrPort, path string) (Reply, error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+path, http.NoBody)
	if err != nil {
		return Reply{}, err
	}
	resp, err := client.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // The rest of the text repeats the address.
	}
	if err != nil {
		return Reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	return Reply{resp.StatusCode, string(body)}, err
}
