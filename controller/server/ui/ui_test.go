package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/server"
	"github.com/dual-dev/dual-reconciler/controller/status"
)

var address = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}

// asked is the answer to one request, as a browser on this machine would send it unless change changes it.
func asked(t *testing.T, h http.Handler, method, target string, change func(*http.Request)) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Host = "127.0.0.1:8080"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestUIFiles(t *testing.T) {
	h := New(&fakeState{}, server.NewHub(), server.About{}, address, time.Now)
	for target, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/page.js": "text/javascript; charset=utf-8", "/style.css": "text/css; charset=utf-8",
		"/icon.svg": "image/svg+xml",
	} {
		res := asked(t, h, "GET", target, nil)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != want {
			t.Errorf("%s: %s, %s", target, res.Status, res.Header.Get("Content-Type"))
		}
	}
	for _, target := range []string{"/index.html", "/nothing", "/ui/page.js", "/..%2fui.go", "/apis/dual.dev/v1alpha1/workspaces", "/apis/dual.dev/v1alpha1/events", "/metrics"} {
		if res := asked(t, h, "GET", target, nil); res.StatusCode != 404 {
			t.Errorf("%s: %s, want 404", target, res.Status)
		}
	}
}

// The policy forbids these, and a page that needs them would be broken only in a browser.
func TestUIHasNothingInline(t *testing.T) {
	page, err := assets.ReadFile("page/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"<style", " style=", " onclick", " onload", "javascript:", "http://", "https://"} {
		if strings.Contains(string(page), no) {
			t.Errorf("index.html has %q", no)
		}
	}
	if strings.Count(string(page), "<script") != strings.Count(string(page), `<script src="`) {
		t.Error("index.html has an inline script")
	}
}

func TestUIHeaders(t *testing.T) {
	h := New(&fakeState{}, server.NewHub(), server.About{}, address, time.Now)
	for _, target := range []string{"/", "/events?workspace=a", "/nothing"} {
		res := asked(t, h, "GET", target, nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", target, name, got, want)
			}
		}
		policy := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
			"form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		} {
			if !strings.Contains(policy+";", want+";") {
				t.Errorf("%s: the policy lacks %q: %s", target, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy is loose: %s", target, policy)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: others may read: %q", target, got)
		}
	}
}

func TestUIRefusesOthers(t *testing.T) {
	h := New(&fakeState{}, server.NewHub(), server.About{}, address, time.Now)
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"the address":                      {nil, 200},
		"localhost":                        {host("localhost:8080"), 200},
		"LocalHost":                        {host("LocalHost:8080"), 200},
		"IPv6":                             {host("[::1]:8080"), 200},
		"a rebound name":                   {host("evil.example:8080"), 403},
		"a rebound name below localhost":   {host("localhost.evil.example:8080"), 403},
		"another port":                     {host("localhost:8081"), 403},
		"no port":                          {host("localhost"), 403},
		"no host":                          {host(""), 403},
		"another address":                  {host("127.0.0.2:8080"), 403},
		"its own origin":                   {header("Origin", "http://127.0.0.1:8080"), 200},
		"another name of its own":          {header("Origin", "http://localhost:8080"), 403},
		"a dev server of this machine":     {header("Origin", "http://127.0.0.1:3000"), 403},
		"a foreign origin":                 {header("Origin", "https://evil.example"), 403},
		"an opaque origin":                 {header("Origin", "null"), 403},
		"an empty origin":                  {header("Origin", ""), 403},
		"sent by itself":                   {header("Sec-Fetch-Site", "same-origin"), 200},
		"sent by the user":                 {header("Sec-Fetch-Site", "none"), 200},
		"sent by another site":             {header("Sec-Fetch-Site", "cross-site"), 403},
		"sent by a dev server's page here": {header("Sec-Fetch-Site", "same-site"), 403},
	} {
		for _, target := range []string{"/", "/page.js", "/events?workspace=a"} {
			res := asked(t, h, "GET", target, c.change)
			if res.StatusCode != c.want {
				t.Errorf("%s: %s: %s, want %d", name, target, res.Status, c.want)
			}
			if res.StatusCode == 403 && res.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: %s: the refusal has no policy", name, target)
			}
		}
	}
	port80 := New(&fakeState{}, server.NewHub(), server.About{}, &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, time.Now)
	for _, name := range []string{"localhost", "localhost:80", "[::1]", "[::1]:80"} {
		if res := asked(t, port80, "GET", "/", host(name)); res.StatusCode != 200 {
			t.Errorf("port 80: %s: %s", name, res.Status)
		}
	}
}

func TestUIIsReadOnly(t *testing.T) {
	state := &fakeState{workspaces: []*v1alpha1.Workspace{named("a", 0)}}
	h := New(state, server.NewHub(), server.About{}, address, time.Now)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"} {
		for _, target := range []string{"/", "/stream", "/events?workspace=a", "/apis/dual.dev/v1alpha1/apply", "/apis/dual.dev/v1alpha1/workspaces/a/restart"} {
			res := asked(t, h, method, target, nil)
			if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %s, Allow %q", method, target, res.Status, res.Header.Get("Allow"))
			}
		}
	}
	if state.rescans != 0 || state.restarts != 0 {
		t.Errorf("%d rescans, %d restarts", state.rescans, state.restarts)
	}
	// HEAD has an end, for the stream too.
	for _, target := range []string{"/", "/stream", "/events?workspace=a"} {
		if res := asked(t, h, "HEAD", target, nil); res.StatusCode != 200 {
			t.Errorf("HEAD %s: %s", target, res.Status)
		}
	}
}

func TestUIEvents(t *testing.T) {
	state := &fakeState{events: []status.Event{{Workspace: "a", Reason: "Created"}, {Workspace: "b", Reason: "Started"}}}
	h := New(state, server.NewHub(), server.About{}, address, time.Now)
	for target, want := range map[string]int{"/events?workspace=a": 1, "/events?workspace=nobody": 0} {
		var list status.EventList
		res := asked(t, h, "GET", target, nil)
		if err := json.NewDecoder(res.Body).Decode(&list); err != nil || list.Items == nil || len(list.Items) != want {
			t.Errorf("%s: %v, %+v, want %d", target, err, list, want)
		}
	}
	if res := asked(t, h, "GET", "/events", nil); res.StatusCode != 400 {
		t.Errorf("events of nobody: %s", res.Status)
	}
}

// serve is a page on a port of its own.
func serve(t *testing.T, state Viewer, hub *server.Hub, tune func(*page)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	about := server.About{Instance: "i", Manifests: "/m", Version: "v"}
	u := &page{
		state: state, hub: hub, about: about, now: time.Now, streams: make(chan struct{}, 2),
		heartbeat: heartbeat, interval: time.Millisecond, writeTimeout: writeTimeout,
	}
	if tune != nil {
		tune(u)
	}
	ctx, end := context.WithCancel(context.Background())
	s := &http.Server{Handler: u.handler(l.Addr()), BaseContext: func(net.Listener) context.Context { return ctx }, WriteTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		end()
		limit, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if err := s.Shutdown(limit); err != nil {
			t.Errorf("a stream did not end with the server: %v", err)
			_ = s.Close()
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// streamReader reads a stream message by message.
type streamReader struct {
	t    *testing.T
	body io.ReadCloser
	in   *bufio.Reader
}

func openStream(t *testing.T, url string) *streamReader {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("stream: %s, %s: %s", res.Status, res.Header.Get("Content-Type"), text)
	}
	return &streamReader{t, res.Body, bufio.NewReader(res.Body)}
}

// line is the next line that says something.
func (r *streamReader) line() (string, error) {
	for {
		line, err := r.in.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); line != "" || err != nil {
			return line, err
		}
	}
}

func (r *streamReader) next() (m message, raw string) {
	r.t.Helper()
	line, err := r.line()
	if err == nil && strings.HasPrefix(line, "retry: ") {
		line, err = r.line()
	}
	data, ok := strings.CutPrefix(line, "data: ")
	if err != nil || !ok {
		r.t.Fatalf("line %q: %v", line, err)
	}
	if err := json.Unmarshal([]byte(data), &m); err != nil {
		r.t.Fatalf("%v: %s", err, data)
	}
	return m, data
}

func event(workspace, reason string) status.Event {
	at := metav1.Now()
	return status.Event{FirstTimestamp: at, LastTimestamp: at, Count: 1, Type: status.EventNormal, Workspace: workspace, Reason: reason}
}
