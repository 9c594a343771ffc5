package e2e

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stubborn is a manifest whose process notes a SIGTERM and ends only when the test lets it, or at the end of its grace period.
func (b *bench) stubborn(short, colour string) string {
	return b.manifest(short, "image: busybox", "init: false", "terminationGracePeriodSeconds: 300", "env: [{name: COLOUR, value: "+colour+"}]",
		"mounts: [{type: volume, name: "+b.Name("signals")+", target: /signals}]",
		`command: ["sh", "-c", "trap 'touch /signals/stopping' TERM; rm -f /signals/*; while [ ! -e /signals/end ]; do sleep 0.1; done"]`)
}

// stopping waits until a stubborn container is being stopped, and returns what lets it end.
func (b *bench) stopping(container string) (end func()) {
	b.Helper()
	b.Eventually(container+" is being stopped", func() string {
		if out, err := b.tryDocker("exec", container, "ls", "/signals/stopping"); err != nil {
			return out
		}
		return ""
	})
	return func() { b.letEnd(container, "/signals/end") }
}

// letEnd makes the file for which a container waits. The container may end, and the command with it, before the command has
// ended by itself.
func (b *bench) letEnd(container, file string) {
	b.Helper()
	const killed = 137
	out, err := b.tryDocker("exec", container, "touch", file)
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == killed) {
		b.Fatalf("let %s end: %v: %s", container, err, out)
	}
}

// launch starts a verb and leaves it running.
func (b *bench) launch(args ...string) *exec.Cmd {
	b.Helper()
	cmd := b.command(args...)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return cmd
}

// TestEndingIsNoOutage ends the program in each way while it has begun to replace a container.
func TestEndingIsNoOutage(t *testing.T) {
	for name, end := range map[string]func(*bench, func()){
		"SIGTERM": func(b *bench, begin func()) {
			l := b.Run(quick...)
			begin()
			letGo := b.stopping(b.Look("a").ID)
			l.Signal(syscall.SIGTERM)
			letGo()
			l.Wait()
		},
		"timeout": func(b *bench, begin func()) {
			begin()
			began := time.Now()
			p := b.launch("apply", "--timeout", "15s")
			letGo := b.stopping(b.Look("a").ID)
			b.Eventually("the time is over", func() string {
				if time.Since(began) < 16*time.Second {
					return "it is not"
				}
				return ""
			})
			letGo()
			_ = p.Wait()
		},
		"Ctrl-C": func(b *bench, begin func()) {
			begin()
			p := b.launch("apply")
			letGo := b.stopping(b.Look("a").ID)
			_ = p.Process.Signal(syscall.SIGINT)
			letGo()
			_ = p.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.dropVolumes()
			b.Write("a.yaml", b.stubborn("a", "red"))
			b.Apply(0)
			before := b.Running("a")
			end(b, func() { b.Write("a.yaml", b.stubborn("a", "blue")) })
			b.Replaced("a", before)
			if colour := b.Inside("a", "sh", "-c", "echo $COLOUR"); colour != "blue" {
				t.Errorf("COLOUR is %q", colour)
			}
		})
	}
}

// TestSecondSignalInAnOutage ends the program although a workspace is down, and expects it to say so.
func TestSecondSignalInAnOutage(t *testing.T) {
	b := newBench(t)
	b.dropVolumes()
	b.Write("a.yaml", b.stubborn("a", "red"))
	l := b.Run(quick...)
	before := b.Running("a")
	b.Write("a.yaml", b.stubborn("a", "blue"))
	letGo := b.stopping(before.ID)
	l.Signal(syscall.SIGTERM)
	l.Signal(syscall.SIGINT)
	l.Wait()
	b.wantWords("the log", l.Log(), "interrupted", "down until the next run or apply", b.Name("a"))
	letGo()
	b.Apply(0)
	b.Replaced("a", before)
}

// TestNameOfTheOldOneIsTaken has a container of somebody else under the name that a replacement gives the old one.
func TestNameOfTheOldOneIsTaken(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Run(quick...)
	before := b.Running("a")
	b.docker("run", "-d", "--name", b.Container("a")+".old", "--label", "dual.dev/instance="+b.Instance+"-foreign", "busybox", "sleep", "1000000")
	t.Cleanup(func() { _, _ = b.tryDocker("rm", "-f", b.Container("a")+".old") })
	b.Write("a.yaml", b.sleeper("a", "env: [{name: A, value: b}]"))
	b.Shows("a", "NameConflict", b.Container("a")+".old")
	b.Stays("while the name is taken", map[string]*inspected{"a": before})
	if r := b.Do("diff"); strings.Contains(r.Stdout, "stop ") {
		t.Errorf("diff plans a stop: %s", r.Stdout)
	}
	b.docker("rm", "-f", b.Container("a")+".old")
	b.Replaced("a", before)
}
