package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestReplaceOverlaps looks at both containers at the calls of a replacement that matter.
func TestReplaceOverlaps(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a", "env: [{name: COLOUR, value: red}]"))
	b.Run(quick...)
	before := b.Running("a")
	b.Apply(0)

	var mu sync.Mutex
	at := map[string]string{}
	p.Hook(func(call string) {
		mu.Lock()
		defer mu.Unlock()
		switch old := b.look(before.ID); {
		case call == "POST /containers/create":
			at["create"] = fmt.Sprintf("old %s as %s", old.State.Status, old.Name)
		case call == "POST /containers/"+before.ID+"/stop":
			at["stop"] = fmt.Sprintf("old %s, new %s", old.State.Status, b.look(b.Container("a")+".next").State.Status)
		case call == "DELETE /containers/"+before.ID:
			at["remove"] = fmt.Sprintf("old %s, new %s", old.State.Status, b.Look("a").State.Status)
		}
	}, nil)
	b.Write("a.yaml", b.sleeper("a", "env: [{name: COLOUR, value: blue}]"))
	b.Replaced("a", before)
	p.Hook(nil, nil)
	mu.Lock()
	defer mu.Unlock()
	want := map[string]string{
		"create": "old running as /" + b.Container("a"),
		"stop":   "old running, new created",
		"remove": "old exited, new running",
	}
	for moment, state := range want {
		if at[moment] != state {
			t.Errorf("at the %s call: %q, want %q", moment, at[moment], state)
		}
	}
	if colour := b.Inside("a", "sh", "-c", "echo $COLOUR"); colour != "blue" {
		t.Errorf("COLOUR is %q in the new container", colour)
	}
}

// TestRollBack gives a workspace a command that does not exist. Without an init the engine refuses to start it; with one
// it starts, and ends at once.
func TestRollBack(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", "init: false"))
	loop := b.Run(quick...)
	before := b.Running("a")
	broken := strings.Replace(b.sleeper("a", "init: false"), `"sleep"`, `"/no/such/program"`, 1)
	b.Write("a.yaml", broken)
	begun := time.Now()
	ws := b.Shows("a", "StartFailed", "/no/such/program")
	if now := b.Running("a"); now.ID != before.ID {
		t.Fatalf("after the roll back another container runs: %s, was %s", now.ID, before.ID)
	}
	if all := b.containers(); len(all) != 1 {
		t.Errorf("left over: %v", all)
	}
	if ws.Status.ContainerID != before.ID {
		t.Errorf("get names container %s, want %s", ws.Status.ContainerID, before.ID)
	}
	if ws.Status.NextRetryTime == nil {
		t.Error("get does not say when it is tried again")
	}
	// Each try takes the workspace down for a moment, so it must not be tried again at each occasion.
	b.Do("apply")
	loop.Waits("a", begun, 16*time.Second)

	// The old container is kept alive meanwhile, also by the next controller.
	loop.Kill()
	loop = b.Run(quick...)
	b.Shows("a", "StartFailed")
	loop.Expect(0, "recreate", "a")
	b.docker("kill", before.ID)
	if now := b.Running("a"); now.ID != before.ID {
		t.Fatalf("healed as another container: %s", now.ID)
	}

	b.Write("a.yaml", b.sleeper("a", "init: false", "env: [{name: A, value: b}]"))
	b.Replaced("a", before)
	b.Shows("a", "Running")
}

// TestRollBackWithInit is the same with the default init: for the engine the new container starts, and ends a moment later.
func TestRollBackWithInit(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	loop := b.Run(quick...)
	for name, broken := range map[string]struct{ program, why string }{
		"a": {"/no/such/program", "it was not found (exit code 127)"},
		"b": {"/etc/passwd", "it is not executable (exit code 126)"},
	} {
		b.Write(name+".yaml", b.sleeper(name))
		before := b.Running(name)
		b.Write(name+".yaml", strings.Replace(b.sleeper(name), `"sleep"`, `"`+broken.program+`"`, 1))
		begun := time.Now()
		ws := b.Shows(name, "StartFailed", broken.program, broken.why)
		if now := b.Running(name); now.ID != before.ID || now.Name != before.Name {
			t.Fatalf("after the roll back container %s %s runs, it was %s %s", now.Name, now.ID, before.Name, before.ID)
		}
		if ws.Status.ContainerID != before.ID || ws.Status.NextRetryTime == nil {
			t.Errorf("get names container %s and the next try %v, want %s", ws.Status.ContainerID, ws.Status.NextRetryTime, before.ID)
		}
		for _, left := range b.containers() {
			if strings.Contains(left, ".") {
				t.Errorf("left over: %s", left)
			}
		}
		loop.Waits(name, begun, 16*time.Second)

		b.Write(name+".yaml", b.sleeper(name, "env: [{name: A, value: b}]"))
		b.Replaced(name, before)
		b.Shows(name, "Running")
	}
	if all := b.containers(); len(all) != 2 {
		t.Errorf("containers %v", all)
	}

	// Where there is nothing to go back to it shows.
	b.Write("c.yaml", strings.Replace(b.sleeper("c"), `"sleep"`, `"/no/such/program"`, 1))
	b.Shows("c", "CrashLoopBackOff", "exited with code 127: the command was not found")
}

// TestTypoInImage never stops what runs, however often it is tried.
func TestTypoInImage(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	loop := b.Run(quick...)
	before := b.Running("a")
	other := b.Running("b")
	start := time.Now()
	b.Write("a.yaml", strings.Replace(b.sleeper("a"), "busybox", "127.0.0.1:1/nope", 1))
	b.Write("b.yaml", strings.Replace(b.sleeper("b"), "busybox", "127.0.0.1:1/nope\n  imagePullPolicy: Never", 1))
	b.Shows("a", "ImagePullFailed", "127.0.0.1:1/nope")
	b.Shows("b", "ImagePullFailed", "imagePullPolicy is Never")
	// Each try knows of those before it, or the delays would never double.
	b.Eventually("a third try", func() string {
		if !strings.Contains(loop.Log(), "failures=3") {
			return "not yet"
		}
		return b.unchanged("a", before)
	})
	loop.Waits("a", start, time.Second)
	b.Same("a", before)
	b.Same("b", other)

	// Back to what runs is no change at all.
	b.Write("a.yaml", b.sleeper("a"))
	b.Shows("a", "Running")
	b.Same("a", before)
}
