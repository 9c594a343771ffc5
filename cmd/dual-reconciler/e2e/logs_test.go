package e2e

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// talker is a manifest whose container writes with each run a line on stdout and one on stderr, and then numbers.
func (b *bench) talker(short string, extra ...string) string {
	const script = `echo out >&1; echo err >&2; i=0; while :; do i=$((i+1)); echo line $V $(cat /proc/sys/kernel/random/uuid) $i; sleep 0.02; done`
	return b.manifest(short, append([]string{`image: busybox`, `command: ["sh", "-c", "` + script + `"]`, `terminationGracePeriodSeconds: 0`}, extra...)...)
}

func TestLogs(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("x", 40_000)
	b.Write("a.yaml", b.manifest("a", `image: busybox`, `restartPolicy: Never`, `terminationGracePeriodSeconds: 0`,
		`command: ["sh", "-c", "echo one; echo two >&2; head -c 40000 /dev/zero | tr '\\0' x; echo; printf no-newline"]`))
	b.Apply(0)
	a := b.Name("a")
	all := "one\n" + long + "\nno-newline"
	b.Eventually("all is written", func() string {
		if r := b.Do("logs", a); r.Stdout != all || r.Stderr != "two\n" || r.Code != 0 {
			return fmt.Sprintf("%d: %.20q… (%d bytes), %q", r.Code, r.Stdout, len(r.Stdout), r.Stderr)
		}
		return ""
	})
	t.Run("timestamps", func(t *testing.T) {
		r := b.Do("logs", "-t", a)
		for _, line := range append(strings.Split(r.Stdout, "\n"), strings.TrimSuffix(r.Stderr, "\n")) {
			stamp, text, _ := strings.Cut(line, " ")
			if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil || !strings.Contains("\none\ntwo\nno-newline\n"+long+"\n", "\n"+text+"\n") {
				t.Errorf("line %.60q: %v", line, err)
			}
		}
		if n := strings.Count(r.Stdout, "Z "); n != 3 {
			t.Errorf("%d timestamps on 3 lines", n)
		}
	})
	t.Run("since", func(t *testing.T) {
		for since, want := range map[string]string{"1h": all, "2100-01-31T09:00:00Z": "", "2100-01-31": "", "0": all, "1": all} {
			if r := b.Do("logs", "--since", since, a); r.Code != 0 || since != "0" && r.Stdout != want {
				t.Errorf("--since %s: %d: %.60q", since, r.Code, r.Stdout)
			}
		}
	})
	for name, tt := range map[string]struct {
		args []string
		code int
		err  string
	}{
		"unknown":   {[]string{"logs", "entirely-different"}, 1, "no workspace"},
		"misspelt":  {[]string{"logs", a + "x"}, 1, "did you mean"},
		"bad tail":  {[]string{"logs", "--tail", "some", a}, 1, "--tail"},
		"bad since": {[]string{"logs", "--since", "yesterday", a}, 1, "--since"},
		"no name":   {[]string{"logs"}, 1, "arg"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := b.Do(tt.args...); r.Code != tt.code || !strings.Contains(r.Stderr, tt.err) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestLogsTail(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.manifest("a", `image: busybox`, `terminationGracePeriodSeconds: 0`, `command: ["sh", "-c", "seq 100; exec sleep 1000000"]`))
	b.Apply(0)
	for tail, want := range map[string]int{"all": 100, "-1": 100, "5": 5, "0": 0, "1000": 100} {
		b.Eventually("--tail "+tail, func() string {
			r := b.Do("logs", "--tail="+tail, b.Name("a"))
			if n := strings.Count(r.Stdout, "\n"); n != want || want > 0 && !strings.HasSuffix(r.Stdout, "\n100\n") && r.Stdout != "100\n" {
				return fmt.Sprintf("%d lines: %q", n, r.Stdout)
			}
			return ""
		})
	}
}

// followed is a logs -f under way.
type followed struct {
	*exec.Cmd
	out, err logBuffer
}

func (b *bench) follow(args ...string) *followed {
	b.Helper()
	f := &followed{Cmd: b.command(append([]string{"logs", "-f"}, args...)...)}
	f.Stdout, f.Stderr = &f.out, &f.err
	if err := f.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Process.Kill() })
	return f
}

// runs are the numbers that each run of a talker wrote, in order of the runs.
func (f *followed) runs() (order []string, numbers map[string][]int) {
	numbers = map[string][]int{}
	for line := range strings.Lines(f.out.String()) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "line" || !strings.HasSuffix(line, "\n") {
			continue
		}
		n, _ := strconv.Atoi(fields[len(fields)-1])
		numbers["all"] = append(numbers["all"], n)
		if n == 1 {
			order = append(order, fields[1])
		}
	}
	return order, numbers
}

// gapless says "" where each run's numbers begin with 1 and count on, from one run to the next.
func (f *followed) gapless() string {
	_, numbers := f.runs()
	last := 0
	for i, n := range numbers["all"] {
		if n != last+1 && n != 1 {
			return fmt.Sprintf("number %d after %d, at %d", n, last, i)
		}
		last = n
	}
	return ""
}

// began waits until so many runs were seen, the last of them with some lines.
func (f *followed) began(b *bench, runs int) {
	b.Helper()
	b.Eventually(fmt.Sprintf("%d runs are followed", runs), func() string {
		order, numbers := f.runs()
		if all := numbers["all"]; len(order) < runs || all[len(all)-1] < 5 {
			return fmt.Sprintf("%d so far; %s", len(order), f.err.String())
		}
		return ""
	})
}

func TestLogsFollow(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.talker("a", `env: [{name: V, value: first}]`))
	l := b.Run(quick...)
	before := b.Running("a")
	f := b.follow(b.Name("a"))
	f.began(b, 1)

	b.docker("kill", before.ID)
	f.began(b, 2)
	b.docker("restart", "-t", "0", before.ID)
	f.began(b, 3)
	if strings.Contains(f.err.String(), "was replaced") {
		t.Errorf("a restart is shown as a replacement: %s", f.err.String())
	}

	b.Write("a.yaml", b.talker("a", `env: [{name: V, value: second}]`))
	after := b.Replaced("a", before)
	f.began(b, 4)
	says := fmt.Sprintf("— workspace %s was replaced: container %.12s → %.12s —", b.Name("a"), before.ID, after.ID)
	if !strings.Contains(f.err.String(), says) {
		t.Errorf("stderr lacks %q: %s", says, f.err.String())
	}
	if wrong := f.gapless(); wrong != "" {
		t.Errorf("lost or doubled: %s", wrong)
	}
	if n := strings.Count(f.out.String(), "out\n"); n != 4 {
		t.Errorf("%d first lines of 4 runs", n)
	}
	if n := strings.Count(f.err.String(), "err\n"); n != 4 {
		t.Errorf("%d first lines of 4 runs on stderr: %s", n, f.err.String())
	}

	b.Write("a.yaml", b.talker("a", `env: [{name: V, value: second}]`, "state: Stopped"))
	b.Eventually("it says that the workspace is down", func() string {
		if !strings.Contains(f.err.String(), "waiting: workspace "+b.Name("a")+" does not run") {
			return "so far: " + f.err.String()
		}
		return ""
	})
	b.Delete("a.yaml")
	b.Gone("a")
	if code := ends(t, f.Cmd); code != 0 || !strings.Contains(f.err.String(), "— workspace "+b.Name("a")+" was removed —") {
		t.Errorf("exit code %d after the removal: %s", code, f.err.String())
	}
	l.Stop()
}

// TestLogsFollowFromNow: what was written before --tail 0 does not come with a restart.
func TestLogsFollowFromNow(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.manifest("a", `image: busybox`, `terminationGracePeriodSeconds: 0`, `command: ["sh", "-c", "cat /proc/sys/kernel/random/uuid; exec sleep 1000000"]`))
	b.Run(quick...)
	before := b.Running("a")
	var first string
	b.Eventually("the first line is written", func() string {
		if first = b.Do("logs", b.Name("a")).Stdout; first == "" {
			return "not yet"
		}
		return ""
	})
	f := b.follow("--tail", "0", b.Name("a"))
	b.Eventually("it follows", func() string {
		b.docker("kill", before.ID)
		b.Running("a")
		if f.out.String() == "" {
			return "nothing yet: " + f.err.String()
		}
		return ""
	})
	if strings.Contains(f.out.String(), first) {
		t.Errorf("the line of before came again: %s", f.out.String())
	}
	_ = f.Process.Signal(syscall.SIGINT)
	if code := ends(t, f.Cmd); code != 130 {
		t.Errorf("exit code %d after SIGINT, want 130", code)
	}
}

func TestLogsFollowEngineAway(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.talker("a"))
	b.Apply(0)
	p := b.Proxy()
	f := b.follow(b.Name("a"))
	f.began(b, 1)
	p.Down()
	b.Eventually("it says that the engine is away", func() string {
		if !strings.Contains(f.err.String(), "cannot reach the Docker engine") {
			return "so far: " + f.err.String()
		}
		return ""
	})
	seen := len(f.out.String())
	p.Up()
	b.Eventually("it goes on", func() string {
		if len(f.out.String()) < seen+500 {
			return "not yet: " + f.err.String()
		}
		return ""
	})
	if wrong := f.gapless(); wrong != "" {
		t.Errorf("lost or doubled: %s", wrong)
	}
	_ = f.Process.Signal(syscall.SIGTERM)
	if code := ends(t, f.Cmd); code != 143 {
		t.Errorf("exit code %d after SIGTERM, want 143", code)
	}
}
