package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSecondSignal makes the program hang in a write to its log, which nobody reads: what ends it then is the second signal.
func TestSecondSignal(t *testing.T) {
	b := newBench(t)
	reads, writes, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reads.Close() }()
	for full := false; !full; {
		if err := writes.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := writes.Write(make([]byte, 4096))
		full = errors.Is(err, os.ErrDeadlineExceeded)
	}
	cmd := b.command("run")
	cmd.Stderr = writes
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writes.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	b.Eventually("the controller is started", func() string { return locked(cmd.Process.Pid) })
	b.Eventually("a second SIGTERM ends it", func() string {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			return ""
		default:
			return "it runs"
		}
	})
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want by the signal", ws)
	}
}

// locked says "" once the process holds its instance's lock: by then it handles signals.
func locked(pid int) string {
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return err.Error()
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && filepath.Base(target) == "lock" {
			return ""
		}
	}
	return "it has no lock yet"
}

// TestHangUpReadsEverything edits a manifest through a memory map, which no watch reports.
func TestHangUpReadsEverything(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	b.Write("a.yaml", b.sleeper("a", `env: [{name: V, value: "1"}]`))
	l := b.Run("--resync", "1h")
	before := b.Running("a")
	b.Says("a", "Running")
	b.patch("a.yaml", `value: "1"`, `value: "2"`)
	b.Stays("a change that no watch reports", map[string]*inspected{"a": before})
	p.Calls()
	l.Signal(syscall.SIGHUP)
	after := b.Replaced("a", before)
	if !strings.Contains(strings.Join(after.Config.Env, " "), "V=2") {
		t.Errorf("env: %v", after.Config.Env)
	}
	b.Eventually("the engine's state is listed", func() string {
		for _, call := range p.Calls() {
			if call == listCall {
				return ""
			}
		}
		return "no list"
	})
	l.WaitLog(`msg="reading everything again" cause=SIGHUP`)
	l.Ends()
}

// patch replaces a text in a manifest by one of the same length, without a write.
func (b *bench) patch(file, from, to string) {
	b.Helper()
	f, err := os.OpenFile(filepath.Join(b.Dir, file), os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	content, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		b.Fatal(err)
	}
	at := strings.Index(string(content), from)
	if at < 0 || len(from) != len(to) {
		b.Fatalf("%q cannot be patched in %s", from, file)
	}
	copy(content[at:], to)
	if err := unix.Munmap(content); err != nil {
		b.Fatal(err)
	}
}
