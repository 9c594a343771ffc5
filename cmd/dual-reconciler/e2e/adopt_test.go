package e2e

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestAdoption restarts the controller in every way: what runs is found again, and nothing is done to it.
func TestAdoption(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a", `env: [{name: B, value: "1"}, {name: A, value: "2"}]`, `resources: {limits: {cpu: 500m, memory: 64Mi}}`))
	b.Write("b.yaml", b.sleeper("b", "network: none", `mounts: [{type: tmpfs, target: /scratch}]`, "setup: 'true'"))
	b.Write("c.yaml", b.sleeper("c", "state: Stopped"))
	running := b.Run(quick...)
	b.Apply(0)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}
	stopped := b.Look("c")

	for _, restart := range []struct {
		name string
		end  func(l *loop)
	}{
		{"SIGTERM", (*loop).Stop},
		{"SIGKILL", (*loop).Kill},
		{"SIGINT", func(l *loop) { l.Signal(syscall.SIGINT); l.Wait() }},
		{"SIGKILL and a lost state directory", func(l *loop) {
			l.Kill()
			// The proxy's socket is in it, and stays.
			if err := os.RemoveAll(b.State + "/" + b.Instance); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		restart.end(running)
		p.Calls()
		running = b.Run(append(quick, "--resync", "1s")...)
		b.Apply(0)
		p.Lists(2)
		calls := mutating(p.Calls())
		if strings.HasSuffix(restart.name, "lost state directory") {
			// A setup that is not known to have succeeded is run again; the container stays as it is.
			calls = slices.DeleteFunc(calls, func(call string) bool { return strings.Contains(call, "/exec") })
		}
		if len(calls) > 0 {
			t.Errorf("after %s the controller made %v", restart.name, calls)
		}
		for short, container := range before {
			if wrong := b.unchanged(short, container); wrong != "" {
				t.Errorf("after %s %s: %s", restart.name, short, wrong)
			}
		}
		if c := b.Look("c"); c == nil || c.ID != stopped.ID || c.State.Running {
			t.Errorf("after %s the stopped workspace is %+v", restart.name, c)
		}
	}
}

// TestDownMeanwhile edits, adds and deletes while no controller runs: the next one catches up, and removals need no memory.
func TestDownMeanwhile(t *testing.T) {
	b := newBench(t)
	for _, short := range []string{"kept", "edited", "deleted"} {
		b.Write(short+".yaml", b.sleeper(short))
	}
	loop := b.Run(quick...)
	kept, edited := b.Running("kept"), b.Running("edited")
	b.Running("deleted")
	b.Apply(0)
	loop.Kill()
	b.Write("edited.yaml", b.sleeper("edited", "env: [{name: A, value: b}]"))
	b.Write("added.yaml", b.sleeper("added"))
	b.Delete("deleted.yaml")
	if err := os.RemoveAll(b.State + "/" + b.Instance); err != nil {
		t.Fatal(err)
	}
	b.Run(quick...)
	b.Running("added")
	b.Replaced("edited", edited)
	b.Gone("deleted")
	b.Same("kept", kept)
}
