package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// result is the end of a run of the program.
type result struct {
	Stdout, Stderr string
	Code           int
}

// command is the program with the bench's global flags.
func (b *bench) command(args ...string) *exec.Cmd {
	args = append(args, "--manifests", b.Dir, "--state-dir", b.State, "--instance", b.Instance)
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), b.Env...)
	cmd.Dir = b.Root
	return cmd
}

// Do runs a verb to its end.
func (b *bench) Do(args ...string) result {
	b.Helper()
	cmd := b.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.Fatalf("%v: %v", args, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// Apply runs apply and expects it to end with this exit code.
func (b *bench) Apply(code int) result {
	b.Helper()
	r := b.Do("apply")
	if r.Code != code {
		b.Fatalf("apply: exit code %d, want %d\n%s%s", r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

// loop is a running controller.
type loop struct {
	b    *bench
	cmd  *exec.Cmd
	log  logBuffer
	done chan struct{}
}

// logBuffer is written by the process and read by the test.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Run starts a controller; it is killed at the end of the test if it still runs. The log is shown where the test failed.
func (b *bench) Run(args ...string) *loop {
	b.Helper()
	l := &loop{b: b, cmd: b.command(append([]string{"run", "--log-level", "debug"}, args...)...), done: make(chan struct{})}
	l.cmd.Stdout, l.cmd.Stderr = &l.log, &l.log
	if err := l.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(l.done)
		_ = l.cmd.Wait()
	}()
	b.Cleanup(func() {
		l.Kill()
		log := l.log.String()
		if strings.Contains(log, "WARNING: DATA RACE") {
			b.Errorf("data race in the controller")
		}
		if b.Failed() {
			b.Logf("log of PID %d:\n%s", l.cmd.Process.Pid, log)
		}
	})
	l.WaitLog("started")
	return l
}

// Log is what the controller logged so far.
func (l *loop) Log() string { return l.log.String() }

// WaitLog waits for a text in the log.
func (l *loop) WaitLog(text string) {
	l.b.Helper()
	l.b.Eventually("log "+text, func() string {
		if strings.Contains(l.Log(), text) {
			return ""
		}
		return "not there yet"
	})
}

// Signal sends a signal.
func (l *loop) Signal(s syscall.Signal) { _ = l.cmd.Process.Signal(s) }

// Stop ends the controller by SIGTERM and expects exit code 0.
func (l *loop) Stop() {
	l.b.Helper()
	l.Signal(syscall.SIGTERM)
	l.Wait()
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		l.b.Fatalf("exit code %d after SIGTERM, want 0\n%s", code, l.Log())
	}
}

// Kill ends the controller by SIGKILL.
func (l *loop) Kill() {
	_ = l.cmd.Process.Kill()
	<-l.done
}

// Wait waits until the controller has ended by itself.
func (l *loop) Wait() {
	l.b.Helper()
	select {
	case <-l.done:
	case <-time.After(patience):
		l.b.Fatalf("the controller did not end\n%s", l.Log())
	}
}

func TestVersion(t *testing.T) {
	b := newBench(t)
	r := b.Do("version")
	if r.Code != 0 || !strings.Contains(r.Stdout, "dual.dev/v1alpha1") || !strings.Contains(r.Stdout, "API 1.") {
		t.Fatalf("version: %+v", r)
	}
}
