package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/status"
)

// wantText fails where a text lacks one of these.
func wantText(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}

// TestEventsAndDescribe shows what was done and why, with a running controller and without one, and after a new one.
func TestEventsAndDescribe(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", "env: [{name: API_TOKEN, value: hunter2}]"))
	loop := b.Run()
	before := b.Running("a")
	b.Write("a.yaml", b.sleeper("a", "env: [{name: API_TOKEN, value: hunter3}]", "hostname: box"))
	b.Replaced("a", before)
	cause := "recreated: spec.env[API_TOKEN] changed, spec.hostname " + b.Name("a") + " → box (manifests/a.yaml:1)"
	b.Eventually("the event is there", func() string {
		if out := b.Do("events", b.Name("a")).Stdout; !strings.Contains(out, cause) {
			return out
		}
		return ""
	})
	told := b.Do("describe", b.Name("a"))
	wantText(t, "describe", told.Stdout, "Manifest:   a.yaml:1", "Ready=True  Running", "API_TOKEN", "'***'", cause)
	if strings.Contains(told.Stdout, "hunter") || told.Stderr != "" {
		t.Errorf("describe tells too much: %+v", told)
	}
	wantText(t, "describe --show-secrets", b.Do("describe", b.Name("a"), "--show-secrets").Stdout, "hunter3")
	loop.Stop()

	kept := b.Do("events", "-o", "json")
	var list status.EventList
	if err := json.Unmarshal([]byte(kept.Stdout), &list); err != nil || len(list.Items) == 0 {
		t.Fatalf("events -o json: %v: %+v", err, kept)
	}
	alone := b.Do("describe", b.Name("a"))
	wantText(t, "describe without a controller", alone.Stdout, "Ready=True  Running", cause)
	wantText(t, "the word that it fell back", alone.Stderr, "no controller of instance")
	if r := b.Do("describe", b.Name("b")); r.Code != 1 || !strings.Contains(r.Stderr, `did you mean "`+b.Name("a")+`"?`) {
		t.Errorf("describe of an unknown name: %+v", r)
	}
	if r := b.Do("events", "-w"); r.Code != 1 {
		t.Errorf("events -w without a controller: %+v", r)
	}
	b.Run()
	wantText(t, "events after a restart of the controller", b.Do("events").Stdout, cause)
}

// begin starts a verb that goes on, and ends it with the test.
func (b *bench) begin(args ...string) *logBuffer {
	b.Helper()
	cmd, out := b.command(args...), &logBuffer{}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { endVerb(b, cmd) })
	return out
}

// endVerb interrupts a verb that goes on: that is no error.
func endVerb(b *bench, cmd *exec.Cmd) {
	_ = cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		b.Errorf("%v after an interrupt: %v", cmd.Args[1:], err)
	}
}

// TestWatching follows changes and events as they come. A state that is over before it is printed is no change to a table; the
// events tell of all that happened.
func TestWatching(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	b.Running("a")
	table, events := b.begin("get", "-w"), b.begin("events", "-w")
	b.Eventually("the watch has begun", func() string {
		if !strings.Contains(table.String(), "Running") {
			return table.String()
		}
		return ""
	})
	b.Write("b.yaml", b.sleeper("b"))
	b.Running("b")
	b.Delete("b.yaml")
	for what, c := range map[string]struct {
		out  *logBuffer
		want []string
	}{
		"get -w":    {table, []string{"NAME", b.Name("b"), "Removed"}},
		"events -w": {events, []string{"created: no container", "removed: no manifest asks for it any more"}},
	} {
		b.Eventually(what, func() string {
			for _, want := range c.want {
				if !strings.Contains(c.out.String(), want) {
					return "no " + want + " in:\n" + c.out.String()
				}
			}
			return ""
		})
	}
}

// TestWait waits as kubectl does, with a controller and without one.
func TestWait(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("bad.yaml", b.manifest("bad", "image: 127.0.0.1:1/nope"))
	loop := b.Run()
	if r := b.Do("wait", "--for=condition=Ready", b.Name("a")); r.Code != 0 || !strings.Contains(r.Stdout, b.Name("a")+" condition met") {
		t.Errorf("wait: %+v", r)
	}
	r := b.Do("wait", "--for=condition=Ready", "--all", "--timeout", "1s")
	if r.Code != 1 || !strings.Contains(r.Stderr, "timed out") || !strings.Contains(r.Stderr, b.Name("bad")) {
		t.Errorf("wait for what never comes: %+v", r)
	}
	if r := b.Do("wait", "--for=condition=Stalled", b.Name("bad")); r.Code != 0 {
		t.Errorf("wait for Stalled: %+v", r)
	}
	if r := b.Do("wait", b.Name("nobody")); r.Code != 1 || !strings.Contains(r.Stderr, "not found") {
		t.Errorf("wait for an unknown name: %+v", r)
	}
	for _, wrong := range [][]string{{"wait"}, {"wait", "--all", b.Name("a")}, {"wait", "--for=dinner", "--all"}} {
		if r := b.Do(wrong...); r.Code != 1 || r.Stderr == "" {
			t.Errorf("%v: %+v", wrong, r)
		}
	}
	b.Delete("bad.yaml")
	if r := b.Do("wait", "--for=delete", b.Name("bad")); r.Code != 0 {
		t.Errorf("wait for the end: %+v", r)
	}
	loop.Stop()
	if r := b.Do("wait", "--for=condition=Ready", "--all"); r.Code != 0 || !strings.Contains(r.Stderr, "no controller of instance") {
		t.Errorf("wait without a controller: %+v", r)
	}
}

// TestRestart restarts on request, whether a controller runs or not, and resets a crash loop's backoff.
func TestRestart(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("crash.yaml", b.manifest("crash", "image: busybox", `command: ["sh", "-c", "exit 3"]`))
	b.Write("stopped.yaml", b.sleeper("stopped", "state: Stopped"))
	loop := b.Run()
	before := b.Running("a")
	if r := b.Do("restart", b.Name("a")); r.Code != 0 {
		t.Fatalf("restart: %+v", r)
	}
	if r := b.Do("wait", b.Name("a")); r.Code != 0 {
		t.Fatalf("wait: %+v", r)
	}
	after := b.Running("a")
	if after.ID != before.ID || after.State.StartedAt == before.State.StartedAt {
		t.Error("it was not restarted, or not the same container")
	}
	wantText(t, "events", b.Do("events", b.Name("a")).Stdout, "restarted: restart requested by ")
	if ws := b.Get("a"); ws.Status.RestartCount != 1 {
		t.Errorf("%d restarts, want 1", ws.Status.RestartCount)
	}
	for name, why := range map[string]string{"stopped": "spec.state is Stopped", "nobody": "no such workspace"} {
		if r := b.Do("restart", b.Name(name)); r.Code != 1 || !strings.Contains(r.Stderr, why) {
			t.Errorf("restart %s: %+v", name, r)
		}
	}
	b.Eventually("the crash loop backs off for a while", func() string {
		ws := b.Get("crash")
		if ws.Status.NextRetryTime == nil || time.Until(ws.Status.NextRetryTime.Time) < 3*time.Second {
			return "not yet"
		}
		return ""
	})
	started := b.Look("crash").State.StartedAt
	if r := b.Do("restart", b.Name("crash")); r.Code != 0 {
		t.Fatalf("restart: %+v", r)
	}
	b.Eventually("it is started at once", func() string {
		if b.Look("crash").State.StartedAt == started {
			return "not yet"
		}
		return ""
	})
	loop.Stop()
	if r := b.Do("restart", b.Name("a")); r.Code != 0 || !strings.Contains(r.Stdout, "restarted") {
		t.Errorf("restart without a controller: %+v", r)
	}
	if again := b.Running("a"); again.ID != after.ID || again.State.StartedAt == after.State.StartedAt {
		t.Error("it was not restarted without a controller")
	}
}

// TestSocket is for its owner only, and says why where it cannot be.
func TestSocket(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	b.Running("a")
	path := filepath.Join(b.State, b.Instance, "controller.sock")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, mode %v", err, info.Mode())
	}
	client := overSocket(path)
	for _, check := range []string{"/healthz", "/readyz"} {
		res, err := client.Get("http://controller" + check)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %v %+v", check, err, res)
			continue
		}
		_ = res.Body.Close()
	}
}

func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}}
}
