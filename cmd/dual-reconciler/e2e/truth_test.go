package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// TestEndSaysWhatIsDown ends a controller with a workspace that cannot be created.
func TestEndSaysWhatIsDown(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", strings.Replace(b.sleeper("b", "imagePullPolicy: Never"), "image: busybox", "image: no-such-image:1", 1))
	l := b.Run(quick...)
	b.Shows("a", "Running")
	b.Shows("b", "ImagePullFailed")
	l.Signal(syscall.SIGTERM)
	l.Wait()
	log := l.Log()
	if last := log[strings.LastIndex(strings.TrimSpace(log), "\n")+1:]; !strings.Contains(last, b.Name("b")+" (ImagePullFailed)") ||
		strings.Contains(last, b.Name("a")) {
		t.Errorf("the last line: %s", last)
	}
}

// TestApplySums: a workspace that apply removed is not ready, and one that is paused and down neither, as wait has it.
func TestApplySums(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", strings.Replace(b.sleeper("b"), "spec:", "  annotations: {dual.dev/reconcile: disabled}\nspec:", 1))
	r := b.Apply(1)
	b.wantWords("apply", r.Stdout, "1 of 2 ready")
	b.wantWords("apply", r.Stderr, b.Name("b")+" (Paused)")
	if w := b.Do("wait", "--for=condition=Ready", "--all", "--timeout", "1s"); w.Code != 1 {
		t.Errorf("wait --all beside a paused workspace that is down: %+v", w)
	}
	b.Delete("a.yaml")
	r = b.Apply(1)
	b.wantWords("apply", r.Stdout, "0 of 1 ready, 1 removed")
}

// TestSetupOfTheFirstContainer: what there is of a container shows while its setup runs, and can be restarted.
func TestSetupOfTheFirstContainer(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", "setup: sleep 1000"))
	b.Run(quick...)
	ws := b.Shows("a", "SettingUp")
	b.Eventually("the container shows", func() string {
		if ws = b.Get("a"); ws.Status.ContainerID == "" || ws.Status.IP == "" || ws.Status.CreatedAt == nil {
			return "it does not"
		}
		return ""
	})
	before := b.Look("a")
	if r := b.Do("restart", b.Name("a")); r.Code != 0 {
		t.Errorf("restart: %+v", r)
	}
	b.Until("a", "is restarted", func(now *inspected) string {
		if now.State.StartedAt == before.State.StartedAt {
			return "not yet"
		}
		return ""
	})
}

// TestEditIsNotReadyBeforeItIsDone: wait is about the newest manifest, also right after it was written.
func TestEditIsNotReadyBeforeItIsDone(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run("--resync", "1h")
	b.Shows("a", "Running")
	for _, colour := range []string{"red", "green", "blue"} {
		b.Write("a.yaml", b.sleeper("a", "env: [{name: COLOUR, value: "+colour+"}]"))
		if r := b.Do("wait", "--for=condition=Ready", b.Name("a"), "--timeout", "5m"); r.Code != 0 {
			t.Fatalf("wait: %+v", r)
		}
		if out := b.docker("inspect", "-f", "{{.Config.Env}}", b.Container("a")); !strings.Contains(out, "COLOUR="+colour) {
			t.Errorf("ready as of %s, want COLOUR=%s", strings.TrimSpace(out), colour)
		}
	}
}
