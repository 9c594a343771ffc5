package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestDown(t *testing.T) {
	b, other := newBench(t), anotherBench(t)
	before := b.Name("before")
	b.docker("volume", "create", before)
	t.Cleanup(func() { _, _ = b.tryDocker("volume", "rm", "-f", before) })
	write := func() {
		b.Write("a.yaml", b.sleeper("a", "mounts: [{type: volume, name: "+b.Name("own")+", target: /own}, {type: volume, name: "+before+", target: /before}]"))
		b.Write("b.yaml", b.sleeper("b", "state: Stopped"))
	}
	write()
	other.Write("z.yaml", other.sleeper("z"))
	other.Apply(0)
	z := other.Running("z")
	l := b.Run()
	a := b.Running("a")
	b.Says("b", "Stopped")

	r := b.Do("down", "--yes")
	if r.Code != 1 {
		t.Errorf("down beside a controller: exit code %d", r.Code)
	}
	b.wantWords("down beside a controller", r.Stderr, fmt.Sprintf("PID %d", l.cmd.Process.Pid), "stop it first")
	if wrong := b.unchanged("a", a); wrong != "" {
		t.Fatalf("down beside a controller: %s", wrong)
	}
	l.Stop()

	r = b.Do("down")
	if r.Code != 0 || len(b.containers()) != 0 {
		t.Errorf("down: %+v; left %v", r, b.containers())
	}
	b.wantWords("down", r.Stdout, b.Name("a")+" removed", b.Name("b")+" removed")
	volumes := func() []string {
		return strings.Fields(b.docker("volume", "ls", "-q", "--filter", "name="+b.Prefix))
	}
	if v := volumes(); !slices.Contains(v, b.Name("own")) || !slices.Contains(v, before) {
		t.Errorf("down without --volumes left only %v", v)
	}
	if r := b.Do("down"); r.Code != 0 {
		t.Errorf("down of nothing: %+v", r)
	}
	b.Apply(0)
	if r := b.Do("down", "--volumes"); r.Code != 0 {
		t.Errorf("down --volumes: %+v", r)
	}
	if v := volumes(); !slices.Equal(v, []string{before}) {
		t.Errorf("down --volumes left %v, want only the one that was there before", v)
	}
	if wrong := other.unchanged("z", z); wrong != "" {
		t.Errorf("the other instance: %s", wrong)
	}
}

// terminal runs a verb on a terminal with this typed.
func (b *bench) terminal(typed string, args ...string) (string, int) {
	b.Helper()
	script, err := exec.LookPath("script")
	if err != nil {
		b.Fatalf("the tests need script(1), of util-linux: %v", err)
	}
	line := b.command(args...)
	quoted := make([]string, len(line.Args))
	for i, arg := range line.Args {
		quoted[i] = "'" + arg + "'"
	}
	cmd := exec.Command(script, "-qec", strings.Join(quoted, " "), "/dev/null")
	cmd.Env, cmd.Dir = line.Env, line.Dir
	// The write end stays open until the program has ended: at its end script would send the program an end of file.
	in, answer, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _, _ = in.Close(), answer.Close() }()
	if _, err := answer.WriteString(typed); err != nil {
		b.Fatal(err)
	}
	cmd.Stdin = in
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestDownAsksOnTerminal(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Apply(0)
	a := b.Running("a")
	for _, no := range []string{"n\n", "\n", "what\n"} {
		out, code := b.terminal(no, "down")
		if code != 1 {
			t.Errorf("answer %q: exit code %d", no, code)
		}
		b.wantWords("the question", out, b.Container("a"), b.Instance, "[y/N]", "nothing was removed")
		if wrong := b.unchanged("a", a); wrong != "" {
			t.Fatalf("answer %q: %s", no, wrong)
		}
	}
	if out, code := b.terminal("y\n", "down"); code != 0 || b.Look("a") != nil {
		t.Errorf("answer y: exit code %d\n%s", code, out)
	}
}

func TestApplyOnTerminal(t *testing.T) {
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	out, code := b.terminal("", "apply")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	b.wantWords("apply on a terminal", out, "\x1b[2K"+b.Name("a"), "Running", "1 of 1 ready")
}
