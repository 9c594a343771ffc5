package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// stopped says "" once a process is stopped by a signal.
func stopped(pid int) string {
	if state := procField(pid, "State"); !strings.HasPrefix(state, "T") {
		return "its state is " + state
	}
	return ""
}

// procField is a line of /proc/PID/status.
func procField(pid int, field string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "no field " + field
}

// usage is what a process holds.
type usage struct{ fds, threads, kilobytes int }

func usageOf(t *testing.T, pid int) usage {
	t.Helper()
	number := func(field string) int {
		n, err := strconv.Atoi(strings.Fields(procField(pid, field))[0])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return usage{fds: len(fds), threads: number("Threads"), kilobytes: number("VmRSS")}
}
