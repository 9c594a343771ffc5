package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// settled waits until the workspace is Ready and Running, and returns its container.
func (b *bench) settled(short string) *inspected {
	b.Helper()
	seen := b.Running(short)
	b.Says(short, "Running")
	return seen
}

// replaced waits until a workspace runs in another container.
func (b *bench) replaced(short string, before *inspected) *inspected {
	b.Helper()
	var now *inspected
	b.Eventually(short+" is recreated", func() string {
		now = b.Look(short)
		return notYet(now != nil && now.ID != before.ID && now.State.Running)
	})
	return now
}

// stays reads everything anew and checks that the workspace is what it was.
func (b *bench) stays(why, short string, before *inspected) {
	b.Helper()
	b.Apply(0)
	if wrong := b.unchanged(short, before); wrong != "" {
		b.Errorf("%s: %s", why, wrong)
	}
}

func TestEnv(t *testing.T) {
	b := newBench(t)
	spec := func(files string) string {
		return b.sleeper("a", "envFrom: ["+files+"]", `env: [{name: BOTH, value: from env}, {name: TEXT, value: "a=b  c"}, {name: EMPTY}]`)
	}
	b.Write("one.env", "# a comment\nBOTH=from file\nSECRET=hunter2-topsecret\nFIRST=1\n")
	b.Write("two.env", "FIRST=2\n")
	b.Write("a.yaml", spec("{file: one.env}, {file: two.env}"))
	b.Run()
	first := b.settled("a")
	value := func(name string) string { return b.Inside("a", "sh", "-c", "echo \"$"+name+"\"") }
	for name, want := range map[string]string{
		"BOTH": "from env", "TEXT": "a=b  c", "SECRET": "hunter2-topsecret", "FIRST": "2",
	} {
		if got := value(name); got != want {
			t.Errorf("%s=%q in the container, want %q", name, got, want)
		}
	}
	if got := b.Inside("a", "sh", "-c", "echo ${EMPTY-unset}"); got != "" {
		t.Errorf("EMPTY is %q, want it set and empty", got)
	}
	labels, err := json.Marshal(first.Config.Labels)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(labels), "hunter2") || strings.Contains(string(labels), "SECRET") {
		t.Errorf("the env file's content is in the labels: %s", labels)
	}

	b.Write("one.env", "# another comment\n\nBOTH=from file\nFIRST=1\nSECRET=hunter2-topsecret\n")
	b.stays("another comment and order in the env file", "a", first)
	b.Write("one.env", "BOTH=overridden anyway\nSECRET=hunter2-topsecret\n")
	b.stays("a change of what spec.env overrides", "a", first)
	b.Write("three.env", "FIRST=2\n")
	b.Write("a.yaml", spec("{file: one.env}, {file: three.env}"))
	b.stays("the same content from another path", "a", first)

	b.Write("three.env", "FIRST=3\n")
	second := b.replaced("a", first)
	if got := value("FIRST"); got != "3" {
		t.Errorf("FIRST=%q after the file's change", got)
	}
	b.Says("a", "Running")
	b.Write("one.env", "not an env file\n")
	b.Says("a", "InvalidManifest", "one.env:1")
	if wrong := b.unchanged("a", second); wrong != "" {
		t.Errorf("a broken env file: %s", wrong)
	}
	for _, file := range b.stateFiles() {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "hunter2") {
			t.Errorf("the env file's content is in %s", file)
		}
	}
}

// stateFiles are the files of the state directory.
func (b *bench) stateFiles() []string {
	b.Helper()
	var files []string
	err := filepath.WalkDir(b.State, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		b.Fatalf("%d files of state: %v", len(files), err)
	}
	return files
}

func TestEnvFileAppears(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", "envFrom: [{file: ../late.env}]"))
	b.Run("--resync", "10h") // Only the watch can see the file.
	b.Says("a", "SourceNotFound", filepath.Join(b.Root, "late.env"))
	if err := os.WriteFile(filepath.Join(b.Root, "late.env"), []byte("LATE=yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Running("a")
	if got := b.Inside("a", "sh", "-c", "echo $LATE"); got != "yes" {
		t.Errorf("LATE=%q", got)
	}
}
