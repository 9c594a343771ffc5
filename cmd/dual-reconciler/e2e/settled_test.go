package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// endless is a manifest as programs write it: one line of JSON without an end.
func (b *bench) endless(short string) string {
	return `{"apiVersion":"dual.dev/v1alpha1","kind":"Workspace","metadata":{"name":"` + b.Name(short) +
		`"},"spec":{"image":"busybox","command":["sleep","1000000"],"terminationGracePeriodSeconds":1}}`
}

// TestFirstAnswer asks each verb right after a file was written without a final newline: YAML, and JSON in a file of YAML.
func TestFirstAnswer(t *testing.T) {
	for _, c := range []struct{ name, file string }{{"json", "a.json"}, {"json as yaml", "a.yaml"}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.Put(c.file, b.endless("a"))
			if r := b.Do("diff"); r.Code != 1 || !strings.Contains(r.Stdout, "create "+b.Name("a")) || strings.Contains(r.Stderr, "removals wait") {
				t.Errorf("diff: %+v", r)
			}
			b.Put(c.file, b.endless("a")+" ")
			if r := b.Do("get", "-o", "name"); r.Code != 0 || !strings.Contains(r.Stdout, b.Name("a")) {
				t.Errorf("get: %+v", r)
			}
			b.Put(c.file, b.endless("a"))
			r := b.Apply(0)
			b.wantWords("apply", r.Stdout, "1 of 1 ready")
			b.Put(c.file, b.endless("a")+" ")
			if r := b.Do("describe", b.Name("a")); r.Code != 0 || strings.Contains(r.Stdout, "removals wait") {
				t.Errorf("describe: %+v", r)
			}
		})
	}
}

// TestFirstAnswerSaysWhatItWaitsFor: in place, YAML without a final newline may be the first half.
func TestFirstAnswerSaysWhatItWaitsFor(t *testing.T) {
	b := newBench(t)
	text := strings.TrimSuffix(b.sleeper("a"), "\n")
	b.Put("a.yaml", text)
	cmd := b.command("diff")
	var out, complaint logBuffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.Eventually("diff says what it waits for", func() string {
		if strings.Contains(complaint.String(), "a.yaml to be written") {
			return ""
		}
		text += " " // Somebody goes on writing, however slow the machine is.
		b.Put("a.yaml", text)
		return "so far: " + out.String() + complaint.String()
	})
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "create") {
		t.Errorf("diff: %v: %s%s", err, out.String(), complaint.String())
	}
}

// TestRenamedIntoPlaceIsBelieved: a file that got its name after its last write is whole, with or without a final newline.
func TestRenamedIntoPlaceIsBelieved(t *testing.T) {
	b := newBench(t)
	tmp := filepath.Join(b.Root, "a.tmp")
	if err := os.WriteFile(tmp, []byte(strings.TrimSuffix(b.sleeper("a"), "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Do("version") // Time passes: a rename in the same tick of the clock does not show.
	b.Move("a.tmp", "manifests/a.yaml")
	if r := b.Do("diff"); r.Code != 1 || strings.Contains(r.Stderr, "to be written") || !strings.Contains(r.Stdout, "create") {
		t.Errorf("diff: %+v", r)
	}
}

// TestFirstAnswerBesideAController asks a controller that has just begun, and one that has not seen the last file yet.
func TestFirstAnswerBesideAController(t *testing.T) {
	b := newBench(t)
	b.Put("a.yaml", b.endless("a"))
	b.Run("--resync", "1h")
	if r := b.Do("wait", "--for=condition=Ready", "--all"); r.Code != 0 || !strings.Contains(r.Stdout, b.Name("a")) {
		t.Errorf("wait --all: %+v", r)
	}
	b.Put("b.yaml", b.endless("b"))
	if r := b.Do("get", b.Name("b")); r.Code != 0 {
		t.Errorf("get: %+v", r)
	}
	b.Put("c.yaml", strings.TrimSuffix(b.sleeper("c"), "\n"))
	r := b.Apply(0)
	b.wantWords("apply", r.Stdout, "3 of 3 ready")
}
