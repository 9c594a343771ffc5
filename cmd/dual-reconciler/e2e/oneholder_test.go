package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// There is one controller of an instance on an engine, whatever its state directory.
func TestOneControllerWhateverTheStateDirectory(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	first := b.Run()
	before := b.Running("a")
	here := b.State
	b.State = t.TempDir()
	for _, verb := range [][]string{{"run"}, {"apply"}, {"down", "--yes"}, {"restart", b.Name("a")}, {"recreate", b.Name("a")}} {
		r := b.Do(verb...)
		if r.Code != 1 {
			t.Errorf("%v: exit code %d", verb, r.Code)
		}
		b.wantWords(verb[0], r.Stderr, b.Instance, fmt.Sprintf("PID %d", first.cmd.Process.Pid), here, "--state-dir")
		if lines := strings.Count(r.Stderr, "\n"); lines != 1 {
			t.Errorf("%v: the refusal has %d lines:\n%s", verb, lines, r.Stderr)
		}
	}
	b.Same("a", before)
	first.Kill()
	second := b.Run()
	second.WaitLog("engine connected")
	b.Same("a", before)
	second.Stop()
}

// A controller whose lock is gone does not know whether it is alone any more: it stops before it changes anything.
func TestControllerStopsWithoutItsLock(t *testing.T) {
	for what, do := range map[string]func(b *bench) error{
		"state directory removed": func(b *bench) error {
			b.Eventually("it is removed", func() string { // The controller may write into it meanwhile.
				if err := os.RemoveAll(b.State); err != nil {
					return err.Error()
				}
				return ""
			})
			return nil
		},
		"lock file deleted": func(b *bench) error { return os.Remove(filepath.Join(b.State, b.Instance, "lock")) },
		"state directory replaced": func(b *bench) error {
			if err := os.Rename(b.State, b.State+".old"); err != nil {
				return err
			}
			b.Cleanup(func() { _ = os.RemoveAll(b.State + ".old") })
			dir := filepath.Join(b.State, b.Instance)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600)
		},
	} {
		t.Run(what, func(t *testing.T) {
			b := newBench(t)
			b.Write("a.yaml", b.sleeper("a"))
			l := b.Run()
			before := b.Running("a")
			if err := do(b); err != nil {
				t.Fatal(err)
			}
			l.Wait()
			if code := l.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			b.wantWords("its last words", l.Log(), "lock file", b.State, "start it again")
			b.Same("a", before)
			b.Run().WaitLog("engine connected")
			b.Same("a", before)
		})
	}
}

// apply asks a running controller only for the directory that it reads.
func TestApplyOfAnotherDirectoryBesideAController(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run()
	b.Running("a")
	first := b.Dir
	b.Dir = first + "/../manifests/"
	if r := b.Do("apply"); r.Code != 0 {
		t.Errorf("apply on the same directory by another path: %+v", r)
	}
	if r := b.Do("apply", "--takeover"); r.Code != 1 || !strings.Contains(r.Stderr, "--takeover") {
		t.Errorf("apply --takeover: %+v", r)
	}
	b.Dir = filepath.Join(b.Root, "other")
	b.Write("z.yaml", b.sleeper("z"))
	r := b.Apply(1)
	b.wantWords("apply of another directory", r.Stderr, first, b.Dir, "looked at")
}
