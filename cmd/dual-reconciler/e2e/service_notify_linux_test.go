package e2e

import (
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// manager is the end of sd_notify(3) that systemd has.
type manager struct {
	b    *bench
	path string
	mu   sync.Mutex
	// lines are what came, in order.
	lines []string
}

// Manager listens as systemd does, and tells the program where.
func (b *bench) Manager(env ...string) *manager {
	b.Helper()
	path := filepath.Join(b.State, "notify.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	b.Env = append(append(b.Env, "NOTIFY_SOCKET="+path), env...)
	m := &manager{b: b, path: path}
	go func() {
		datagram := make([]byte, 64<<10)
		for {
			n, err := conn.Read(datagram)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.lines = append(m.lines, strings.Split(string(datagram[:n]), "\n")...)
			m.mu.Unlock()
		}
	}()
	return m
}

// Heard are the lines so far.
func (m *manager) Heard() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// Await waits for a line that matches, after the first from lines, and returns how many had come with it.
func (m *manager) Await(from int, pattern string) int {
	m.b.Helper()
	wanted := regexp.MustCompile("^" + pattern + "$")
	found := 0
	m.b.Eventually("systemd hears "+pattern, func() string {
		lines := m.Heard()[from:]
		if i := slices.IndexFunc(lines, wanted.MatchString); i >= 0 {
			found = from + i + 1
			return ""
		}
		return strings.Join(lines, ", ")
	})
	return found
}

func TestServiceManagerIsTold(t *testing.T) {
	b := newBench(t)
	m := b.Manager("WATCHDOG_USEC=900000")
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.manifest("b", "image: busybox", "command: [sleep, \"1000000\"]", "terminationGracePeriodSeconds: 1", "source: {path: ../missing}"))
	l := b.Run()
	ready := m.Await(0, "READY=1")
	m.Await(0, "STATUS=2 workspaces, 1 ready")
	for range 3 {
		ready = m.Await(ready, "WATCHDOG=1")
	}

	b.Write("broken.yaml", "kind: [")
	from := m.Await(0, "STATUS=2 workspaces, 1 ready; problems in the manifests: [1-9].*")
	b.Delete("broken.yaml")

	l.Signal(syscall.SIGHUP)
	from = m.Await(from, "RELOADING=1")
	from = m.Await(from, `MONOTONIC_USEC=[0-9]+`)
	from = m.Await(from, "READY=1")

	// A stopped process is the plainest loop that makes no progress.
	l.Signal(syscall.SIGSTOP)
	b.Eventually("the process is stopped", func() string { return stopped(l.cmd.Process.Pid) })
	silent, same := len(m.Heard()), 0
	b.Eventually("all that it said before is heard", func() string {
		same++
		if n := len(m.Heard()); n != silent {
			silent, same = n, 0
		}
		if same < 20 {
			return "there may be more on its way"
		}
		return ""
	})
	b.Always("a process that is stopped gives no sign of life", pruned, func() string {
		return strings.Join(m.Heard()[silent:], ", ")
	})
	l.Signal(syscall.SIGCONT)
	from = m.Await(max(from, silent), "WATCHDOG=1")

	l.Ends()
	m.Await(from, "STOPPING=1")
}

func TestServiceIsReadyWithoutAnEngine(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	p.Down()
	m := b.Manager("WATCHDOG_USEC=900000")
	b.Write("a.yaml", b.sleeper("a"))
	l := b.Run()
	from := m.Await(0, "READY=1")
	m.Await(0, "STATUS=[01] workspaces?, 0 ready; .*cannot reach the Docker engine at unix://.*")
	for range 3 { // The unit is alive for as long as it waits.
		from = m.Await(from, "WATCHDOG=1")
	}
	p.Up()
	b.Running("a")
	m.Await(from, "STATUS=1 workspace, 1 ready")
	l.Ends()
}

func TestServiceManagerOfAnotherProcess(t *testing.T) {
	b := newBench(t)
	// A shell that runs the program inherits these; the watchdog is the shell's.
	m := b.Manager("WATCHDOG_USEC=300000", "WATCHDOG_PID=1")
	l := b.Run("--resync", "1s")
	m.Await(0, "STATUS=0 workspaces, 0 ready.*") // An empty directory is a problem, once it was read.
	b.Always("pings come from the process that owes them", pruned, func() string {
		if slices.Contains(m.Heard(), "WATCHDOG=1") {
			return "a ping"
		}
		return ""
	})
	l.Ends()
}
