package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Ends sends SIGTERM and fails unless the controller ends cleanly, whatever hangs: what the tests let hang, hangs for longer
// than they wait.
func (l *loop) Ends() {
	l.b.Helper()
	l.Stop()
}

func TestEndsAtOnceWithWorkUnderWay(t *testing.T) {
	b := newBench(t)
	reg := b.registry()
	ref := reg.Push("slow")
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	reg.Between(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		select {
		case <-r.Context().Done():
		case <-over:
		}
		return true
	})
	b.Write("deaf.yaml", b.manifest("deaf", "image: busybox", `command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]`,
		"terminationGracePeriodSeconds: 6000"))
	l := b.Run(quick...)
	before := b.Running("deaf")
	b.Write("pulls.yaml", reg.image("pulls", ref))
	b.Write("sets-up.yaml", b.sleeper("sets-up", "setup: sleep 1000000"))
	b.Write("probed.yaml", b.sleeper("probed", `livenessProbe: {exec: {command: [sleep, "1000000"]}, timeoutSeconds: 100000}`))
	b.Delete("deaf.yaml")
	b.Says("pulls", "Pulling")
	b.Running("probed")
	b.Eventually("all of them hang", func() string {
		if l.Did("remove", "deaf") == 0 || l.Did("setup", "sets-up") == 0 {
			return "not yet"
		}
		return ""
	})
	l.Ends()
	if now := b.Look("deaf"); now == nil || now.ID != before.ID || !now.State.Running {
		t.Error("the stop was over: the test tests nothing")
	}
	b.docker("kill", before.ID) // The engine would go on waiting for it.
}

func TestEndsAtOnceWhileTheEngineHangs(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a"))
	l := b.Run("--resync", "1s")
	b.Running("a")
	b.Says("a", "Running")
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	hangs := make(chan string, 1000)
	p.Hook(func(call string) {
		hangs <- call
		<-over
	}, nil)
	select {
	case <-hangs:
	case <-time.After(patience):
		t.Fatal("nothing was asked of the engine")
	}
	l.Ends()
}
