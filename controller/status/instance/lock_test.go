package instance_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/status/instance"
)

// child starts another process that holds the lock of dir.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockDir+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	return cmd
}

func TestLockRefusesASecondProcessAndDiesWithItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "default")
	if pid := instance.LockedBy(dir); pid != 0 {
		t.Errorf("LockedBy of nothing = %d", pid)
	}
	holder := child(t, dir)
	_, err := instance.Acquire(dir, "default")
	var held *instance.HeldError
	if !errors.As(err, &held) || held.PID != holder.Process.Pid || held.Instance != "default" {
		t.Fatalf("Lock = %v, want a HeldError of PID %d", err, holder.Process.Pid)
	}
	for _, word := range []string{fmt.Sprint(holder.Process.Pid), `"default"`, "--instance"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %s", err, word)
		}
	}
	if pid := instance.LockedBy(dir); pid != holder.Process.Pid {
		t.Errorf("LockedBy = %d, want %d", pid, holder.Process.Pid)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	if pid := instance.LockedBy(dir); pid != 0 {
		t.Errorf("LockedBy after its death = %d", pid)
	}
	lock, err := instance.Acquire(dir, "default")
	if err != nil {
		t.Fatalf("Lock after the holder's death: %v", err)
	}
	if pid := instance.LockedBy(dir); pid != os.Getpid() {
		t.Errorf("LockedBy = %d, want this process", pid)
	}
	lock.Release()
	if pid := instance.LockedBy(dir); pid != 0 {
		t.Errorf("LockedBy after unlock = %d", pid)
	}
}

func TestLockOfAnotherInstanceIsFree(t *testing.T) {
	dir := t.TempDir()
	child(t, filepath.Join(dir, "a"))
	lock, err := instance.Acquire(filepath.Join(dir, "b"), "b")
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

func TestAcquireReportsWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := instance.Acquire(filepath.Join(file, "state"), "default")
	if err == nil || !strings.Contains(err.Error(), "lock instance default") || !strings.Contains(err.Error(), file) {
		t.Errorf("Lock = %v", err)
	}
}

func TestLockWhoseFileIsGoneIsNoLock(t *testing.T) {
	for what, do := range map[string]func(dir string) error{
		"deleted":  func(dir string) error { return os.Remove(filepath.Join(dir, "lock")) },
		"gone too": os.RemoveAll,
		"replaced": func(dir string) error {
			if err := os.Rename(filepath.Join(dir, "lock"), filepath.Join(dir, "old")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600)
		},
	} {
		dir := filepath.Join(t.TempDir(), "default")
		lock, err := instance.Acquire(dir, "default")
		if err != nil {
			t.Fatal(err)
		}
		if err := lock.Check(); err != nil {
			t.Errorf("%s: before: %v", what, err)
		}
		if err := do(dir); err != nil {
			t.Fatal(err)
		}
		if err := lock.Check(); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "lock")) {
			t.Errorf("%s: %v", what, err)
		}
		lock.Release()
	}
}
