package e2e

import (
	"strings"
	"testing"
)

func TestStateStopsAndStartsTheSameContainer(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	loop := b.Run(quick...)
	before := b.Running("a")

	b.Write("a.yaml", b.sleeper("a", "state: Stopped"))
	b.Shows("a", "Stopped")
	stopped := b.Look("a")
	if stopped == nil || stopped.ID != before.ID || stopped.State.Running {
		t.Fatalf("after spec.state: Stopped: %+v", stopped)
	}
	if stopped.State.ExitCode == 137 {
		t.Errorf("the container was killed: with an init it ends on SIGTERM")
	}

	b.Write("a.yaml", b.sleeper("a"))
	if now := b.Running("a"); now.ID != before.ID {
		t.Fatalf("started as another container: %s, was %s", now.ID, before.ID)
	}
	b.Shows("a", "Running")
	loop.Expect(1, "create", "a")
	loop.Expect(0, "recreate", "a")
	if ws := b.Get("a"); ws.Status.RestartCount != 0 {
		t.Errorf("a start that was asked for counts as a restart: %d", ws.Status.RestartCount)
	}
}

func TestStoppedFromTheBeginning(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", "state: Stopped"))
	b.Run(quick...)
	b.Shows("a", "Stopped")
	if c := b.Look("a"); c == nil || c.State.Running || !strings.HasPrefix(c.State.StartedAt, "0001-") {
		t.Fatalf("want a container that was never started: %+v", c)
	}
}

// TestWhatTouchesNothing makes one edit after the other that no container needs to hear of.
func TestWhatTouchesNothing(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	plain := b.sleeper("a", `env: [{name: A, value: "1"}, {name: B, value: "2"}]`)
	b.Write("a.yaml", plain)
	loop := b.Run(quick...)
	before := b.Running("a")
	b.Apply(0)
	p.Calls()

	labelled := strings.Replace(plain, "spec:\n", "  labels: {team: web}\nspec:\n", 1)
	if labelled == plain {
		t.Fatal("the manifest has no metadata to add labels to")
	}
	edits := []struct{ name, content string }{
		{"labels", labelled},
		{"restartPolicy", plain + "  restartPolicy: OnFailure\n"},
		{"grace", strings.Replace(plain, "PeriodSeconds: 1", "PeriodSeconds: 2", 1)},
		{"pull policy", plain + "  imagePullPolicy: Never\n"},
		{"defaults spelt out", plain + "  imagePullPolicy: IfNotPresent\n  state: Running\n  restartPolicy: Always\n  network: bridge\n" +
			"  init: true\n  hostname: " + b.Name("a") + "\n  securityContext: {readOnlyRootFilesystem: false}\n  mounts: []\n"},
		{"reordered", "spec:\n  env:\n  - value: \"2\"\n    name: B\n  - {value: \"1\", name: A}\n  command: [sleep, \"1000000\"]\n" +
			"  terminationGracePeriodSeconds: 1\n  image: busybox:latest\nkind: Workspace\nmetadata: {name: " + b.Name("a") +
			"}\napiVersion: dual.dev/v1alpha1\n"},
		{"comments", "# a comment\n" + plain + "# another\n"},
	}
	for _, edit := range edits {
		b.Write("a.yaml", edit.content)
		b.Apply(0)
		if edit.name == "labels" {
			if r := b.Do("get", "-l", "team=web", "-o", "name"); !strings.Contains(r.Stdout, b.Name("a")) {
				t.Errorf("get -l team=web: %+v", r)
			}
		}
		if calls := mutating(p.Calls()); len(calls) > 0 {
			t.Fatalf("%s: %v", edit.name, calls)
		}
		if wrong := b.unchanged("a", before); wrong != "" {
			t.Fatalf("%s: %s", edit.name, wrong)
		}
	}
	loop.Expect(0, "recreate", "a")

	// A probe is asked inside the container, which is a call that changes nothing about it.
	b.Write("a.yaml", plain+"  livenessProbe: {exec: {command: [\"true\"]}, periodSeconds: 1, timeoutSeconds: 120}\n")
	b.Eventually("the probe runs", func() string {
		for _, call := range mutating(p.Calls()) {
			if strings.HasSuffix(call, "/exec") {
				return ""
			}
		}
		return "no exec yet"
	})
	b.Same("a", before)
}

// TestMoveBetweenFiles moves a workspace to another file, then into a file with others: the container must not notice.
func TestMoveBetweenFiles(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	loop := b.Run(quick...)
	before := map[string]*inspected{"a": b.Running("a"), "b": b.Running("b")}

	b.Write("sub/.keep", "")
	b.Move("manifests/a.yaml", "manifests/sub/moved.yml")
	b.Stays("a file was renamed", before)
	if ws := b.Shows("a", "Running"); ws.Status.Manifest.String() != "sub/moved.yml:1" {
		t.Errorf("manifest: %s", ws.Status.Manifest)
	}
	// First where it goes to, then where it came from: for a moment two documents define it.
	b.Write("b.yaml", b.sleeper("b")+"---\n"+b.sleeper("a"))
	b.Delete("sub/moved.yml")
	b.Stays("a document was moved", before)
	if ws := b.Shows("a", "Running"); !strings.HasPrefix(ws.Status.Manifest.String(), "b.yaml:") {
		t.Errorf("manifest: %s", ws.Status.Manifest)
	}
	// And the other way round: for a moment none does.
	b.Write("b.yaml", b.sleeper("b"))
	b.Write("c.yaml", b.sleeper("a"))
	b.Stays("a document was moved back", before)
	b.Shows("a", "Running")
	for _, action := range []string{"recreate", "remove", "stop", "start"} {
		loop.Expect(0, action, "a")
	}
}

// TestIdleOnlyLists counts what a converged controller asks of the engine: one list a resync, and nothing else.
func TestIdleOnlyLists(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	for _, short := range []string{"a", "b", "c"} {
		b.Write(short+".yaml", b.sleeper(short))
	}
	b.Run("--resync", "1s")
	b.Apply(0)
	before := b.Running("a")
	// The events of the last start may still be on their way, so the quiet begins with a list.
	p.Lists(1)
	p.Calls()
	p.Lists(5)
	for _, call := range p.Calls() {
		if call != listCall {
			t.Errorf("an idle controller called %s", call)
		}
	}
	b.Same("a", before)
}
