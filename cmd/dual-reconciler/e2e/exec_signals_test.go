package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// begun is an exec under way.
type begun struct {
	*exec.Cmd
	out, err logBuffer
}

// Begin starts an exec and waits for the command's first word.
func (b *bench) Begin(args ...string) *begun {
	b.Helper()
	p := &begun{Cmd: b.exec(args...)}
	b.start(p)
	return p
}

func (b *bench) start(p *begun) {
	b.Helper()
	p.Stdout, p.Stderr = &p.out, &p.err
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Eventually("the command says ready", func() string {
		if !strings.Contains(p.out.String(), "ready\n") {
			return "so far: " + p.out.String() + p.err.String()
		}
		return ""
	})
}

func TestExecSignals(t *testing.T) {
	b := shellBench(t)
	for name, tt := range map[string]struct {
		script string
		// Sent in order, each when the output has the text before it.
		signals []syscall.Signal
		code    int
		out     string
	}{
		"interrupted":        {"echo ready; sleep 4701 & wait", []syscall.Signal{syscall.SIGTERM}, 143, ""},
		"the command decide": {`trap "echo got; exit 7" INT; echo ready; while :; do sleep 0.1; done`, []syscall.Signal{syscall.SIGINT}, 7, "got"},
		"hung up":            {"echo ready; exec sleep 4702", []syscall.Signal{syscall.SIGHUP}, 129, ""},
		"the second one":     {`trap "echo told" INT; echo ready; while :; do sleep 0.1; done`, []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 130, "told"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := b.Begin(b.Name("a"), "sh", "-c", tt.script)
			for i, s := range tt.signals {
				if i > 0 {
					b.Eventually("the first signal arrives", func() string {
						if !strings.Contains(p.out.String(), tt.out) {
							return "so far: " + p.out.String()
						}
						return ""
					})
				}
				_ = p.Process.Signal(s)
			}
			if code := ends(t, p.Cmd); code != tt.code || !strings.Contains(p.out.String(), tt.out) {
				t.Errorf("exit code %d, want %d: %s%s", code, tt.code, p.out.String(), p.err.String())
			}
			if len(tt.signals) == 1 {
				b.NoProcess("a", "sleep 470")
			} else if !strings.Contains(p.err.String(), "may still run") {
				t.Errorf("it does not say that the command goes on: %s", p.err.String())
			}
		})
	}
}

// TestExecSignalsOnlyItsOwn: what another exec started, and the workspace's own, go on.
func TestExecSignalsOnlyItsOwn(t *testing.T) {
	b := shellBench(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	other := &begun{Cmd: b.exec(b.Name("a"), "sh", "-c", "echo ready; read x; echo still $x")}
	other.Stdin = r
	b.start(other)
	before := b.Look("a")
	p := b.Begin(b.Name("a"), "sh", "-c", "echo ready; exec sleep 4711")
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := ends(t, p.Cmd); code != 143 {
		t.Errorf("exit code %d", code)
	}
	if _, err := w.WriteString("here\n"); err != nil {
		t.Fatal(err)
	}
	if code := ends(t, other.Cmd); code != 0 || !strings.Contains(other.out.String(), "still here") {
		t.Errorf("another exec ended with %d: %s", code, other.out.String())
	}
	b.Same("a", before)
}

func TestExecInterruptedWhileWaiting(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	p := &begun{Cmd: b.exec("--wait", "10m", b.Name("a"), "true")}
	p.Stdout, p.Stderr = &p.out, &p.err
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	b.Eventually("it waits", func() string {
		if !strings.Contains(p.err.String(), "waiting for workspace "+b.Name("a")+": it is being created") {
			return "so far: " + p.err.String()
		}
		return ""
	})
	_ = p.Process.Signal(syscall.SIGINT)
	if code := ends(t, p.Cmd); code != 130 {
		t.Errorf("exit code %d, want 130: %s", code, p.err.String())
	}
}

// TestExecContainerGone: the container is taken from under the command.
func TestExecContainerGone(t *testing.T) {
	for what, docker := range map[string][]string{"removed": {"rm", "-f"}, "stopped": {"stop", "-t", "0"}} {
		t.Run(what, func(t *testing.T) {
			b := shellBench(t)
			p := b.Begin(b.Name("a"), "sh", "-c", "echo ready; exec sleep 4721")
			b.docker(append(docker, b.Container("a"))...)
			if code := ends(t, p.Cmd); code != 137 || !strings.Contains(p.err.String(), "was stopped or replaced while the command ran") {
				t.Errorf("exit code %d: %s", code, p.err.String())
			}
		})
	}
}
