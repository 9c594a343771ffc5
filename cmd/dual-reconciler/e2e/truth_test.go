package e2e

import (
	"os"
	"path/filepath"
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
		if ws = b.Get("a"); ws.Status.ContainerID == "" || ws.Status.IP == "" || ws.Status.CreationTime == nil {
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

// TestVerbsWaitForATrueAnswer asks each verb right after a manifest was written, and right after the controller was started.
func TestVerbsWaitForATrueAnswer(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	l := b.launch("run", "--resync", "1h")
	defer func() {
		_ = l.Process.Signal(syscall.SIGTERM)
		_ = l.Wait()
	}()
	b.Eventually("the controller is being started", func() string {
		if _, err := os.Stat(filepath.Join(b.State, b.Instance, "controller.sock")); err != nil {
			return err.Error()
		}
		return ""
	})
	if r := b.Do("get", b.Name("a")); r.Code != 0 || strings.Contains(r.Stderr, "no controller") || strings.Contains(r.Stdout, "Pending") {
		t.Errorf("get while the controller is being started: %+v", r)
	}
	b.Do("wait", "--for=condition=Ready", b.Name("a"), "--timeout", "5m")
	b.Write("b.yaml", b.sleeper("b", "setup: sleep 1000"))
	if r := b.Do("restart", b.Name("b")); strings.Contains(r.Stderr, "no such workspace") {
		t.Errorf("restart of a workspace that was just written: %+v", r)
	}
	b.Write("c.yaml", b.sleeper("c")+"  evn: []\n")
	if r := b.Do("events"); r.Code != 0 || !strings.Contains(r.Stdout, "evn") {
		t.Errorf("events of a manifest that was just written: %+v", r)
	}
	b.Write("a.yaml", b.sleeper("a", "restartPolicy: Allways"))
	if r := b.Do("get", b.Name("a")); !strings.Contains(r.Stdout, "InvalidManifest") {
		t.Errorf("get of a manifest that was just broken: %+v", r)
	}
}

// TestValidateWaits: a file that is being written is not judged by its first half.
func TestValidateWaits(t *testing.T) {
	b := newBench(t)
	whole := b.sleeper("a")
	b.Put("a.yaml", whole[:len(whole)/2])
	f, err := os.OpenFile(filepath.Join(b.Dir, "a.yaml"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	cmd := b.command("validate")
	var out, complaint logBuffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.Eventually("validate says what it waits for, or that it could not look", func() string {
		if complaint.String() != "" {
			return ""
		}
		return "nothing so far: " + out.String()
	})
	_ = cmd.Wait()
	if r := b.Do("validate"); r.Code != 1 || !strings.Contains(r.Stderr, "a.yaml: not checked, a process has it open for writing") {
		t.Errorf("validate of a file that somebody keeps open: %+v", r)
	}
	if _, err := f.WriteString(whole); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if r := b.Do("validate"); r.Code != 0 || !strings.HasPrefix(r.Stdout, "1 workspace valid in ") {
		t.Errorf("validate of the whole: %+v", r)
	}
}
