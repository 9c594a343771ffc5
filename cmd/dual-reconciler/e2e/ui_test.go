package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/cmd/dual-reconciler/e2e/uitest"
)

var pageAddress = regexp.MustCompile(`msg="the page is served" address=(http://\S+)`)

// Page is the address of a controller's page.
func (l *loop) Page() string {
	l.b.Helper()
	l.WaitLog("the page is served")
	return pageAddress.FindStringSubmatch(l.Log())[1]
}

func TestPage(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `env: [{name: API_TOKEN, value: hunter2}]`))
	l := b.Run(append(quick, "--ui-addr", "127.0.0.1:0")...)
	url := l.Page()
	p := uitest.Open(t, url)
	p.Expect(`ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET`)
	p.Becomes("document.title", "1/1 ready")
	p.Shows("#about", b.Instance)
	p.Shows("#list tbody", b.Name("a"))
	uitest.Ask[int](p, `window.stillHere = 1`)

	// A new manifest, an edit that cannot be carried out, a fault in a file and a removal, each as it happens.
	b.Write("b.yaml", b.sleeper("b"))
	p.Becomes("document.title", "2/2 ready")
	b.Write("b.yaml", b.manifest("b", "image: no-such-image-anywhere:1", "imagePullPolicy: Never"))
	p.Shows("#list tbody tr:nth-child(2)", "Failing")
	const attack = "<img src=x onerror=window.pwned=1>.yaml"
	b.Write(attack, b.sleeper("c", "nonsense: 1"))
	p.Shows("#problems", attack+":")
	b.Delete(attack)
	b.Delete("b.yaml")
	p.Becomes("document.title", "1/1 ready")
	p.Shows("#events", "Removed")

	uitest.Ask[string](p, `location.hash = "`+b.Name("a")+`"`)
	p.Shows(".detail", b.Running("a").ID[:12])
	p.Shows(".detail .events", "Created")
	if uitest.Ask[bool](p, `document.documentElement.outerHTML.includes("hunter2")`) {
		t.Error("the page shows a secret")
	}

	// The page outlives the controller, and says so.
	l.Stop()
	p.Shows("#link-text", "Disconnected")
	again := b.Run("--ui-addr", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"))
	p.Shows("#link-text", "Live")
	p.Becomes("document.title", "1/1 ready")
	if uitest.Ask[int](p, `(window.stillHere ?? 0) - (window.pwned ?? 0)`) != 1 {
		t.Error("the page was loaded again, or text was run")
	}
	again.Stop()
}

func TestPageIsForThisMachine(t *testing.T) {
	b := newBench(t)
	for addr, want := range map[string]string{
		"0.0.0.0:8080": "use localhost:8080", ":8080": "use localhost:8080", "[::]:8080": "use localhost:8080",
		"192.0.2.1:80": "use localhost:80", "8080": "want host:port", "localhost:http-nonsense": "want host:port",
	} {
		r := b.Do("run", "--ui-addr", addr)
		if r.Code != 1 || !strings.HasPrefix(r.Stderr, "dual-reconciler: --ui-addr "+addr+": ") || !strings.Contains(r.Stderr, want) {
			t.Errorf("--ui-addr %s: %+v", addr, r)
		}
	}

	l := b.Run()
	if strings.Contains(l.Log(), "the page is served") {
		t.Error("a page is served that nobody asked for")
	}
	l.Stop()

	l = b.Run("--ui-addr", "localhost:0")
	url := l.Page()
	answers := func(host, origin string) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if code := answers("", ""); code != 200 {
		t.Errorf("the page: %d", code)
	}
	if code := answers("rebound.example", ""); code != 403 {
		t.Errorf("a rebound name: %d", code)
	}
	if code := answers("", "http://localhost:3000"); code != 403 {
		t.Errorf("a dev server's page: %d", code)
	}

	// A port that is taken is said before anything is done.
	other := anotherBench(t)
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	if r := other.Do("run", "--ui-addr", addr); r.Code != 1 || !strings.Contains(r.Stderr, "--ui-addr "+addr) || !strings.Contains(r.Stderr, "address already in use") {
		t.Errorf("a port that is taken: %+v", r)
	}
	l.Stop()
}
