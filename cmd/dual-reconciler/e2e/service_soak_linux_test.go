package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestSoak edits one manifest eighty times, and compares what the controller holds with what it held after twenty.
func TestSoak(t *testing.T) {
	const edits, warm, recreateEvery = 80, 20, 40
	b := newBench(t)
	write := func(i int) {
		b.Write("a.yaml", b.sleeper("a", fmt.Sprintf(`resources: {limits: {pids: %d}}`, 100+i),
			fmt.Sprintf(`env: [{name: V, value: "%d"}]`, i/recreateEvery)))
	}
	write(0)
	l := b.Run("--log-level", "info", "--resync", "1s")
	b.Says("a", "Running")
	pid := l.cmd.Process.Pid
	var before usage
	for i := 1; i <= edits; i++ {
		write(i)
		b.Eventually(fmt.Sprintf("edit %d", i), func() string {
			if n := l.Did("update", "a") + l.Did("recreate", "a"); n < i {
				return fmt.Sprintf("%d actions", n)
			}
			return ""
		})
		if i == warm {
			before = usageOf(t, pid)
		}
	}
	b.Until("a", "has the last limits", func(c *inspected) string {
		if c.HostConfig.PidsLimit != 100+edits {
			return fmt.Sprintf("pids %d", c.HostConfig.PidsLimit)
		}
		return ""
	})
	l.Expect(edits/recreateEvery, "recreate", "a")
	after := usageOf(t, pid)
	t.Logf("after %d edits %+v, after %d %+v", warm, before, edits, after)
	if after.fds > before.fds+5 {
		t.Errorf("open files: %d, were %d", after.fds, before.fds)
	}
	if after.threads > before.threads+10 {
		t.Errorf("threads: %d, were %d", after.threads, before.threads)
	}
	// One manifest and one container: what grows by more than this has been kept for each edit.
	if after.kilobytes > before.kilobytes+16<<10 {
		t.Errorf("resident memory: %d KiB, was %d", after.kilobytes, before.kilobytes)
	}
	l.Signal(syscall.SIGQUIT)
	l.Wait()
	_, dump, _ := strings.Cut(l.Log(), "SIGQUIT")
	if n := strings.Count(dump, "\ngoroutine "); n == 0 || n > 60 {
		t.Errorf("%d goroutines", n)
	} else {
		t.Logf("%d goroutines", n)
	}
}
