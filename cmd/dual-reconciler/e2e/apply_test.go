package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestApply(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Write("b.yaml", b.sleeper("b"))
	r := b.Apply(0)
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	if last := lines[len(lines)-1]; last != "2 of 2 ready" {
		t.Errorf("the last line is %q", last)
	}
	for _, line := range lines[:len(lines)-1] {
		if fields := strings.Split(line, "\t"); len(fields) != 3 || !strings.HasPrefix(fields[0], b.Prefix) {
			t.Errorf("a progress line is %q, want name, reason and message", line)
		}
	}
	if strings.Contains(r.Stdout, "\x1b") {
		t.Errorf("there are escape sequences where there is no terminal: %q", r.Stdout)
	}
	if r.Stderr != "" {
		t.Errorf("apply complains: %s", r.Stderr)
	}
	before := b.Running("a")
	b.Apply(0)
	if wrong := b.unchanged("a", before); wrong != "" {
		t.Errorf("a second apply: %s", wrong)
	}

	b.Write("bad.yaml", b.sleeper("bad", "imagePullPolicy: Never")+"  imagee: typo\n")
	b.Write("b.yaml", b.manifest("b", "image: dual-e2e-absent", "imagePullPolicy: Never"))
	r = b.Apply(1)
	b.wantWords("apply with faults", r.Stderr, "bad.yaml:", "imagee", "not ready", b.Name("b")+" (ImagePullFailed)")
	if wrong := b.unchanged("a", before); wrong != "" {
		t.Errorf("a: %s", wrong)
	}
	b.Running("b")
	b.Delete("bad.yaml")
	b.Delete("b.yaml")
	r = b.Apply(0)
	b.wantWords("apply with a removal", r.Stdout, b.Name("b")+"\tRemoved")
	if b.Look("b") != nil {
		t.Error("apply ended before the removal was done")
	}
}

func TestApplyBesideController(t *testing.T) {
	b := newBench(t)
	l := b.Run("--resync", "1h")
	b.Write("a.yaml", b.sleeper("a", `setup: "sleep 1; echo done >/done"`))
	r := b.Apply(0)
	b.wantWords("apply", r.Stderr, fmt.Sprintf("PID %d", l.cmd.Process.Pid))
	b.wantWords("apply", r.Stdout, b.Name("a")+"\tRunning", "1 of 1 ready")
	if got := b.Inside("a", "cat", "/done"); got != "done" {
		t.Error("apply ended before the setup did")
	}
	b.Write("b.yaml", b.manifest("b", "image: dual-e2e-absent", "imagePullPolicy: Never"))
	r = b.Apply(1)
	b.wantWords("apply", r.Stderr, b.Name("b")+" (ImagePullFailed)")
	b.Write("b.yaml", "spec: [\n")
	r = b.Apply(1)
	b.wantWords("apply with a broken file", r.Stderr, "b.yaml:1")
	l.Stop()
}

func TestApplyTimeout(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a", `setup: "sleep 1000000"`))
	timesOut := func(what, state string) {
		t.Helper()
		for timeout := 3 * time.Second; ; timeout *= 2 {
			r := b.Do("apply", "--timeout", timeout.String())
			if r.Code != 1 {
				t.Fatalf("%s: exit code %d", what, r.Code)
			}
			// A slow machine may need longer to look at anything.
			if timeout > patience || !strings.Contains(r.Stderr, "nothing was looked at yet") {
				b.wantWords(what, r.Stderr, "not converged within "+timeout.String(), b.Name("a")+" ("+state)
				return
			}
		}
	}
	timesOut("apply", "")
	b.Run()
	b.Says("a", "SettingUp")
	timesOut("apply beside a controller", "SettingUp)")
}
