package session

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func entry(second int, text string) engine.LogEntry {
	return engine.LogEntry{Time: time.Unix(int64(second), 0), Text: []byte(text + "\n")}
}

func (e *env) logs(o engine.LogOptions) (code int, out, stderr string, err error) {
	var w, errs lockedBuilder
	l := &Logs{Resolver: e.resolver(), Options: o, Out: &w, Err: &errs, Signals: e.signals}
	code, err = l.Run(e.Context())
	return code, w.String(), errs.String(), err
}

type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLogsOnce(t *testing.T) {
	e := newEnv(t)
	if code, _, _, err := e.logs(engine.LogOptions{Tail: -1}); code != 1 || err == nil || !strings.Contains(err.Error(), "no workspace") {
		t.Errorf("logs of an unknown workspace = %d, %v", code, err)
	}
	e.manifest("web", "")
	if code, _, _, err := e.logs(engine.LogOptions{Tail: -1}); code != 1 || err == nil || err.Error() != "workspace web has no container yet" {
		t.Errorf("logs without a container = %d, %v", code, err)
	}
	id := e.start()
	fault := entry(2, "fault")
	fault.Stderr = true
	e.engine.Write(id, entry(1, "one"), fault, entry(3, "three"))
	code, out, stderr, err := e.logs(engine.LogOptions{Tail: -1})
	if code != 0 || err != nil || out != "one\nthree\n" || stderr != "fault\n" {
		t.Errorf("logs = %d, %q, %q, %v", code, out, stderr, err)
	}
	if _, out, _, _ = e.logs(engine.LogOptions{Tail: 1}); out != "three\n" {
		t.Errorf("the last line: %q", out)
	}
}

// Followed output goes on through a restart, an outage of the engine and a replacement, and each line appears once.
func TestLogsFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.manifest("web", "")
		id := e.start()
		e.engine.Write(id, entry(1, "one"))
		ctx := context.Background()
		go func() {
			time.Sleep(time.Second)
			e.engine.Write(id, entry(2, "two"))
			_ = e.engine.Operator().Exit(id, 0)
			time.Sleep(10 * time.Second)
			e.engine.Write(id, entry(2, "again"))
			_ = e.engine.Start(ctx, id)
			time.Sleep(10 * time.Second)
			_ = e.engine.Operator().Exit(id, 0)
			e.engine.SetUnavailable(true)
			time.Sleep(10 * time.Second)
			e.engine.SetUnavailable(false)
			_ = e.engine.Remove(ctx, id)
			time.Sleep(10 * time.Second)
			e.engine.Write(e.start(), entry(1, "new"))
			time.Sleep(10 * time.Second)
			e.signals <- syscall.SIGINT
		}()
		code, out, _, err := e.logs(engine.LogOptions{Tail: -1, Follow: true})
		if code != 130 || err != nil || out != "one\ntwo\nagain\nnew\n" {
			t.Errorf("followed = %d, %q, %v", code, out, err)
		}
		close(e.notices)
		var notices []string
		for line := range e.notices {
			notices = append(notices, line)
		}
		got := strings.Join(notices, "\n")
		for _, want := range []string{
			"— waiting: workspace web does not run —", "— waiting: workspace web has no container —",
			"— workspace web was replaced: container ",
		} {
			if strings.Count(got, want) != 1 {
				t.Errorf("%q is not once in:\n%s", want, got)
			}
		}
	})
}

func TestLogsFollowFromNowUntilTheRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		id := e.start()
		e.engine.Write(id, entry(1, "past"))
		go func() {
			time.Sleep(time.Second)
			e.engine.Write(id, entry(2, "now"))
			time.Sleep(time.Second)
			_ = e.engine.Operator().Remove(id)
		}()
		code, out, _, err := e.logs(engine.LogOptions{Tail: 0, Follow: true})
		if line := <-e.notices; code != 0 || err != nil || out != "now\n" || line != "— workspace web was removed —" {
			t.Errorf("followed = %d, %q, %v, %q", code, out, err, line)
		}
	})
}
