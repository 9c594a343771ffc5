package e2e

import (
	"strings"
	"sync"
	"testing"
)

func TestExecWaits(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	loop := b.Run(quick...)
	b.Running("a")

	t.Run("replaced meanwhile", func(t *testing.T) {
		for i, value := range []string{"1", "2", "3"} {
			before := b.Running("a")
			b.Write("a.yaml", b.sleeper("a", `env: [{name: V, value: "`+value+`"}]`))
			b.Until("a", "steps aside", func(now *inspected) string {
				if now.ID == before.ID && now.State.Running {
					return "not yet"
				}
				return ""
			})
			r := b.Exec(nil, b.Name("a"), "sh", "-c", "echo $V")
			if r.Code != 0 || r.Stdout != value+"\n" {
				t.Fatalf("replacement %d: exec = %+v", i, r)
			}
			if n := strings.Count(r.Stderr, "waiting for workspace "); n > 1 {
				t.Errorf("it said %d times that it waits: %s", n, r.Stderr)
			}
		}
	})
	t.Run("just written", func(t *testing.T) {
		b.Write("new.yaml", b.sleeper("new"))
		r := b.Exec(nil, b.Name("new"), "echo", "here")
		if r.Code != 0 || r.Stdout != "here\n" {
			t.Fatalf("exec = %+v", r)
		}
	})
	t.Run("never comes up", func(t *testing.T) {
		b.Write("bad.yaml", b.manifest("bad", "image: busybox", `command: ["sh", "-c", "exit 3"]`))
		b.Eventually("the controller gives up for now", func() string {
			if r := b.Exec(nil, "--wait", "100ms", b.Name("bad"), "true"); r.Code != 125 || !strings.Contains(r.Stderr, "CrashLoopBackOff: exited with code 3") {
				return "so far: " + r.Stderr
			}
			return ""
		})
	})
	loop.Stop()
}

// TestExecLostRace: the container that was found is down when the command is to start.
func TestExecLostRace(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run(quick...)
	a := b.Running("a")
	p := b.Proxy()
	var kill sync.Once
	p.Hook(func(call string) {
		if call == "POST /containers/"+a.ID+"/exec" {
			kill.Do(func() { _, _ = b.tryDocker("kill", a.ID) })
		}
	}, nil)
	if r := b.Exec(nil, b.Name("a"), "echo", "here"); r.Code != 0 || r.Stdout != "here\n" {
		t.Errorf("exec = %+v", r)
	}
}

func TestExecDown(t *testing.T) {
	b := shellBench(t)
	b.Write("stopped.yaml", b.sleeper("stopped", "state: Stopped"))
	b.Write("never.yaml", b.sleeper("never"))
	b.Do("apply")
	b.docker("stop", "-t", "0", b.Container("never"))
	b.docker("pause", b.Container("a"))
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"paused":          {[]string{b.Name("a"), "true"}, "is paused"},
		"stopped by spec": {[]string{b.Name("stopped"), "true"}, "spec.state"},
		"no wait":         {[]string{"--wait", "0", b.Name("never"), "true"}, "does not run: its container is exited"},
		"in vain":         {[]string{"--wait", "300ms", b.Name("never"), "true"}, "did not run within 300ms"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.Exec(nil, tt.args...)
			if r.Code != 125 || !strings.Contains(r.Stderr, tt.want) {
				t.Errorf("exec = %+v", r)
			}
			waited := strings.Contains(r.Stderr, "waiting for workspace")
			if waited != (name == "in vain") {
				t.Errorf("waited %t: %s", waited, r.Stderr)
			}
		})
	}
}
