package e2e

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the program and the engine: it counts calls, and a test can act just before or after one.
type proxy struct {
	b    *bench
	path string

	mu     sync.Mutex
	calls  []string
	before func(call string)
	after  func(call string)
	answer func(call string)
	// rewrites change what is asked and answered, see proxy_rewrite_test.go.
	rewrites rewrites
	server   *http.Server
}

// apiVersion is the prefix of the engine API's paths.
var apiVersion = regexp.MustCompile(`^/v1\.[0-9]+`)

// Proxy starts a proxy and points the program at it.
func (b *bench) Proxy() *proxy {
	b.Helper()
	p := &proxy{b: b, path: filepath.Join(b.State, "engine.sock")}
	b.Env = append(b.Env, "DOCKER_HOST=unix://"+p.path)
	p.Up()
	b.Cleanup(p.Down)
	return p
}

// engineSocket is where the real engine listens.
func engineSocket() string {
	if host := os.Getenv("DOCKER_HOST"); strings.HasPrefix(host, "unix://") {
		return strings.TrimPrefix(host, "unix://")
	}
	return "/var/run/docker.sock"
}

// Up begins to answer.
func (p *proxy) Up() {
	p.b.Helper()
	_ = os.Remove(p.path)
	l, err := net.Listen("unix", p.path)
	if err != nil {
		p.b.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", engineSocket())
	}}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	forward.Transport = transport
	forward.FlushInterval = -1
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	forward.ModifyResponse = func(r *http.Response) error {
		p.mu.Lock()
		answer := p.answer
		p.mu.Unlock()
		call := r.Request.Method + " " + apiVersion.ReplaceAllString(r.Request.URL.Path, "")
		if answer != nil {
			answer(call)
		}
		return p.rewriteResponse(call, r)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + apiVersion.ReplaceAllString(r.URL.Path, "")
		p.mu.Lock()
		p.calls = append(p.calls, call)
		before, after := p.before, p.after
		p.mu.Unlock()
		if before != nil {
			before(call)
		}
		if after != nil {
			defer after(call) // A stream that the program gives up ends in a panic.
		}
		if err := p.rewriteRequest(call, r); err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		forward.ServeHTTP(w, r)
	})}
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() { _ = server.Serve(l) }()
}

// Down breaks all connections and answers no more.
func (p *proxy) Down() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	_ = server.Close()
	_ = os.Remove(p.path)
}

// Hook sets what happens around each call; nil for nothing.
func (p *proxy) Hook(before, after func(call string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = before, after
}

// OnAnswer sets what happens when the engine has answered a call and the program has not learnt it yet; nil for nothing.
func (p *proxy) OnAnswer(answer func(call string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// Calls returns the calls so far, as METHOD /path without the version, and forgets them.
func (p *proxy) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// mutating are the calls that change something on the engine.
func mutating(calls []string) []string {
	var out []string
	for _, c := range calls {
		if !strings.HasPrefix(c, "GET ") && !strings.HasPrefix(c, "HEAD ") {
			out = append(out, c)
		}
	}
	return out
}

func TestDiffOnlyReads(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a"))
	r := b.Do("diff")
	if r.Code != 1 || !strings.Contains(r.Stdout, "create "+b.Name("a")+": no container") {
		t.Fatalf("diff: %+v", r)
	}
	if calls := mutating(p.Calls()); len(calls) > 0 {
		t.Fatalf("diff made mutating calls: %v", calls)
	}
}
