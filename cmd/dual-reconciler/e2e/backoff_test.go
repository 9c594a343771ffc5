package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program is a manifest whose container runs a shell script.
func (b *bench) program(short, script string, extra ...string) string {
	return b.manifest(short, append([]string{
		"image: busybox", fmt.Sprintf("command: [sh, -c, %q]", script), "terminationGracePeriodSeconds: 1",
	}, extra...)...)
}

// TestCrashLoop watches the delays double, and goes on counting in the next controller.
func TestCrashLoop(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.program("a", "exit 3"))
	loop := b.Run(quick...)
	began := time.Now()
	ws := b.Shows("a", "CrashLoopBackOff", "exited with code 3", "next try at")
	if ws.Status.NextRetryTime == nil {
		t.Error("get does not say when the next try is")
	}
	// 0 s, 1 s, 2 s, 4 s: the fifth start follows 8 s after the fourth restart.
	b.Eventually("four restarts", func() string {
		if ws = b.Get("a"); ws.Status.RestartCount < 4 {
			return fmt.Sprintf("%d restarts", ws.Status.RestartCount)
		}
		return ""
	})
	if took := time.Since(began); took < 6*time.Second {
		t.Errorf("four restarts within %s: the delays do not double", took)
	}
	// A slow machine may see a later one.
	ws = b.Shows("a", "CrashLoopBackOff", "restarts so far")
	restarts := ws.Status.RestartCount
	crashed := b.Look("a")
	loop.Kill()
	loop = b.Run(quick...)
	b.Do("apply") // It may end in the moment in which the program runs.
	now := b.Get("a")
	if time.Now().Before(ws.Status.NextRetryTime.Time) {
		if now.Status.RestartCount != restarts || !now.Status.NextRetryTime.Equal(ws.Status.NextRetryTime) {
			t.Errorf("the next controller knows of %d restarts, next try %v; want %d and %v", now.Status.RestartCount, now.Status.NextRetryTime, restarts, ws.Status.NextRetryTime)
		}
		if c := b.Look("a"); c.State.StartedAt != crashed.State.StartedAt {
			t.Error("the next controller started it at once")
		}
	}
	b.Eventually("the next restart", func() string {
		if n := b.Get("a").Status.RestartCount; n <= restarts {
			return fmt.Sprintf("%d restarts", n)
		}
		return ""
	})
	if late := time.Now(); late.Before(ws.Status.NextRetryTime.Time) {
		t.Errorf("restarted %s before its time", ws.Status.NextRetryTime.Sub(late))
	}
	if loop.Did("start", "a") == 0 {
		t.Error("the restart was no start of the same container")
	}

	// Another spec starts anew.
	b.Write("a.yaml", b.sleeper("a"))
	b.Replaced("a", crashed)
	b.Shows("a", "Running")
}

func TestEndsUnderEachPolicy(t *testing.T) {
	b := newBench(t)
	never, onFailure := "restartPolicy: Never", "restartPolicy: OnFailure"
	b.Write("done.yaml", b.program("done", "exit 0", onFailure))
	b.Write("failing.yaml", b.program("failing", "exit 3", onFailure))
	b.Write("left.yaml", b.program("left", "exit 3", never))
	b.Write("fine.yaml", b.program("fine", "exit 0", never))
	b.Write("again.yaml", b.program("again", "exit 0"))
	loop := b.Run(quick...)
	for short, reason := range map[string]string{
		"done": "Completed", "fine": "Completed", "left": "Exited", "failing": "CrashLoopBackOff", "again": "CrashLoopBackOff",
	} {
		ws := b.Shows(short, reason)
		if is := string(ready(ws).Status); is != map[bool]string{true: "True", false: "False"}[reason == "Completed"] {
			t.Errorf("%s is %s and Ready is %s", short, reason, is)
		}
	}
	loop.Kill()
	b.Run(quick...)
	b.Apply(1)
	for _, short := range []string{"done", "fine", "left"} {
		if ws := b.Get(short); ws.Status.RestartCount != 0 {
			t.Errorf("%s was restarted %d times", short, ws.Status.RestartCount)
		}
	}
}

// TestSetup counts the runs in a file on the host.
func TestSetupOncePerContainer(t *testing.T) {
	b := newBench(t)
	runs := func(short string) int {
		data, _ := os.ReadFile(filepath.Join(b.Root, short, "runs"))
		return strings.Count(string(data), "\n")
	}
	for _, short := range []string{"once", "retried"} {
		if err := os.Mkdir(filepath.Join(b.Root, short), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	source := func(short string) string { return "source: {path: ../" + short + "}" }
	const count = "echo run >> /workspace/runs"
	once := b.sleeper("once", source("once"), "setup: "+count)
	b.Write("once.yaml", once)
	b.Write("retried.yaml", b.sleeper("retried", source("retried"),
		"setup: "+count+"; echo no luck yet; test -e /workspace/luck || exit 4"))
	loop := b.Run(quick...)
	b.Shows("retried", "SetupFailed", "code 4", "no luck yet")
	b.Eventually("a second try", func() string {
		if n := runs("retried"); n < 2 {
			return fmt.Sprintf("%d tries", n)
		}
		return ""
	})
	// The container runs on, and the next controller still owes the setup.
	failing := b.Running("retried")
	loop.Kill()
	b.Run(quick...)
	b.Shows("retried", "SetupFailed")
	if err := os.WriteFile(filepath.Join(b.Root, "retried", "luck"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b.Shows("retried", "Running")
	b.Same("retried", failing)

	// Once for each container: not for a start, not for a controller, not for a change that needs no container.
	first := b.Running("once")
	b.docker("kill", first.ID)
	b.Until("once", "is started again", func(c *inspected) string {
		if !c.State.Running || c.State.StartedAt == first.State.StartedAt {
			return c.State.Status
		}
		return ""
	})
	b.Write("once.yaml", once+"  restartPolicy: OnFailure\n")
	b.Shows("once", "Running")
	if n := runs("once"); n != 1 {
		t.Errorf("the setup ran %d times in the first container, want once", n)
	}
	b.Write("once.yaml", once+"  env: [{name: A, value: b}]\n")
	b.Replaced("once", first)
	b.Shows("once", "Running")
	if n := runs("once"); n != 2 {
		t.Errorf("the setup ran %d times in two containers, want twice", n)
	}
}

func TestLivenessProbe(t *testing.T) {
	b := newBench(t)
	probe := `livenessProbe: {exec: {command: [test, "!", -e, /tmp/sick]}, periodSeconds: 1, timeoutSeconds: 120, failureThreshold: 2}`
	b.Write("well.yaml", b.sleeper("well", probe))
	b.Write("sick.yaml", b.sleeper("sick", probe))
	loop := b.Run(quick...)
	well, sick := b.Running("well"), b.Running("sick")
	b.Shows("sick", "Running")
	b.Inside("sick", "touch", "/tmp/sick")
	again := b.Until("sick", "is restarted", func(c *inspected) string {
		if c.ID != sick.ID {
			return "another container"
		}
		if !c.State.Running || c.State.StartedAt == sick.State.StartedAt {
			return "not restarted: " + c.State.Status
		}
		return ""
	})
	// It is as sick as before, and the second restart waits a second.
	b.Shows("sick", "Unhealthy", "the liveness probe failed 2 times")
	b.Until("sick", "is restarted again", func(c *inspected) string {
		if !c.State.Running || c.State.StartedAt == again.State.StartedAt {
			return "not restarted: " + c.State.Status
		}
		return ""
	})
	b.Eventually("it is cured", func() string {
		out, _ := b.tryInside("sick", "rm", "-f", "/tmp/sick")
		return out
	})
	if ws := b.Shows("sick", "Running"); ws.Status.RestartCount < 2 {
		t.Errorf("%d restarts counted, want at least 2", ws.Status.RestartCount)
	}
	b.Same("well", well)
	loop.Expect(0, "restart", "well")
}
