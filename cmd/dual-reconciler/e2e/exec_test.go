package e2e

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"
)

// shellBench is a bench with one running workspace, named a, for commands.
func shellBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.Write("a.yaml", b.sleeper("a"))
	b.Apply(0)
	return b
}

// exec is the verb with its flags and arguments. The global flags come first: what follows the name is the command's.
func (b *bench) exec(args ...string) *exec.Cmd {
	global := []string{"--manifests", b.Dir, "--state-dir", b.State, "--instance", b.Instance, "exec"}
	cmd := b.command()
	cmd.Args = append(append(cmd.Args[:1], global...), args...)
	cmd.WaitDelay = 5 * time.Second // A reader of the input that nobody feeds must not hold up the test.
	return cmd
}

// Exec runs a command to its end. A nil input is /dev/null.
func (b *bench) Exec(in io.Reader, args ...string) result {
	b.Helper()
	cmd := b.exec(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		b.Fatalf("exec %v: %v", args, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func TestExecEnds(t *testing.T) {
	b := shellBench(t)
	a := b.Name("a")
	b.Inside("a", "sh", "-c", `printf '#!/nosuch\n' >/script; printf junk >/junk; chmod +x /script /junk; echo user:x:1000:1000::/:/bin/sh >>/etc/passwd`)
	for name, tt := range map[string]struct {
		args []string
		code int
		// What stdout is, and what stderr contains; nil is anything.
		out, err *string
	}{
		"success":           {args: []string{a, "--", "echo", "hi"}, out: ptr.To("hi\n"), err: ptr.To("")},
		"its own code":      {args: []string{a, "--", "sh", "-c", "exit 42"}, code: 42, out: ptr.To(""), err: ptr.To("")},
		"code 1":            {args: []string{a, "--", "false"}, code: 1, err: ptr.To("")},
		"code 125":          {args: []string{a, "--", "sh", "-c", "exit 125"}, code: 125, err: ptr.To("")},
		"killed":            {args: []string{a, "--", "sh", "-c", "kill -KILL $$"}, code: 137, err: ptr.To("")},
		"terminated":        {args: []string{a, "--", "sh", "-c", "kill -TERM $$"}, code: 143},
		"missing":           {args: []string{a, "--", "nosuch"}, code: 127, out: ptr.To(""), err: ptr.To(`"nosuch": executable file not found`)},
		"missing path":      {args: []string{a, "--", "/no/such"}, code: 127, out: ptr.To(""), err: ptr.To("no such file or directory")},
		"not executable":    {args: []string{a, "--", "/etc/passwd"}, code: 126, out: ptr.To(""), err: ptr.To("permission denied")},
		"no interpreter":    {args: []string{a, "--", "/script"}, code: 1, out: ptr.To(""), err: ptr.To("exec /script: no such file")},
		"no program":        {args: []string{a, "--", "/junk"}, code: 1, out: ptr.To(""), err: ptr.To("exec /junk: exec format error")},
		"no directory":      {args: []string{"-w", "/nodir", a, "--", "true"}, code: 126, out: ptr.To(""), err: ptr.To("/nodir")},
		"no user":           {args: []string{"-u", "nobodyatall", a, "--", "true"}, code: 126, out: ptr.To(""), err: ptr.To("nobodyatall")},
		"its own 127":       {args: []string{a, "--", "sh", "-c", "echo said >&2; exit 127"}, code: 127, err: ptr.To("said\n")},
		"as the runtime":    {args: []string{a, "--", "sh", "-c", "echo 'exec /x: no such file or directory' >&2; exit 1"}, code: 1, err: ptr.To("exec /x: no such file or directory\n")},
		"as the engine":     {args: []string{a, "--", "sh", "-c", "printf 'OCI runtime exec failed: exec failed: no such file or directory\\r\\n'; exit 1"}, code: 1, out: ptr.To("OCI runtime exec failed: exec failed: no such file or directory\r\n")},
		"looks refused":     {args: []string{a, "--", "printf", `OCI runtime exec failed: mine\r\n`}, out: ptr.To("OCI runtime exec failed: mine\r\n"), err: ptr.To("")},
		"no dashes":         {args: []string{a, "sh", "-c", "echo $0 $1", "-i", "--help"}, out: ptr.To("-i --help\n")},
		"the command's own": {args: []string{a, "echo", "--", "-t"}, out: ptr.To("-- -t\n")},
		"directory":         {args: []string{"-w", "/etc", a, "pwd"}, out: ptr.To("/etc\n")},
		"user":              {args: []string{"-u", "user", a, "id", "-un"}, out: ptr.To("user\n")},
		"environment":       {args: []string{"-e", "A=1,2 3", "-e", "HOME", "-e", "NOT_SET_HERE", a, "sh", "-c", `echo "$A"`}, out: ptr.To("1,2 3\n")},
		"apart":             {args: []string{a, "sh", "-c", "echo out; echo err >&2"}, out: ptr.To("out\n"), err: ptr.To("err\n")},
		"no command":        {args: []string{a, "--"}, code: 125, err: ptr.To("which command?")},
		"no name":           {args: nil, code: 125, err: ptr.To("which workspace?")},
		"unknown flag":      {args: []string{"--bogus", a, "true"}, code: 125, err: ptr.To("--bogus")},
		"bad environment":   {args: []string{"-e", "=x", a, "true"}, code: 125, err: ptr.To("want NAME=value")},
		"misspelt":          {args: []string{a[:len(a)-2] + "a", "true"}, code: 125, err: ptr.To("did you mean " + `"` + a + `"?`)},
		"unknown":           {args: []string{"entirely-different", "true"}, code: 125, err: ptr.To("it has " + a)},
		"no name at all":    {args: []string{"../json", "true"}, code: 125, err: ptr.To("no workspace")},
		"no terminal":       {args: []string{"-it", a, "true"}, code: 125, err: ptr.To("the input is not a terminal")},
	} {
		t.Run(name, func(t *testing.T) {
			if onPodman() && name == "no directory" {
				tt.code = 127 // The command's own, for all that podman tells.
			}
			r := b.Exec(nil, tt.args...)
			if r.Code != tt.code || tt.out != nil && r.Stdout != *tt.out || tt.err != nil && !strings.Contains(r.Stderr, *tt.err) ||
				tt.err != nil && *tt.err == "" && r.Stderr != "" {
				t.Errorf("exec %v = %+v", tt.args, r)
			}
			if strings.Contains(r.Stderr, "waiting for workspace") {
				t.Errorf("it waited for what will not come: %s", r.Stderr)
			}
		})
	}
}

// TestExecElsewhere: containers that are not this instance's workspaces.
func TestExecElsewhere(t *testing.T) {
	b := newBench(t)
	b.docker("run", "-d", "--name", b.Container("f"), "busybox", "sleep", "1000000")
	t.Cleanup(func() { b.docker("rm", "-f", b.Container("f")) })
	b.Write("f.yaml", b.sleeper("f"))
	r := b.Exec(nil, b.Name("f"), "touch", "/touched")
	if r.Code != 125 || !strings.Contains(r.Stderr, "NameConflict") || !strings.Contains(r.Stderr, "not ours") {
		t.Errorf("exec into a foreign container: %+v", r)
	}
	if out, err := b.tryInside("f", "ls", "/touched"); err == nil {
		t.Errorf("the foreign container was touched: %s", out)
	}

	other := anotherBench(t)
	other.Write("a.yaml", other.sleeper("a"))
	other.Apply(0)
	r = b.Exec(nil, other.Name("a"), "true")
	if r.Code != 125 || !strings.Contains(r.Stderr, "--instance "+other.Instance) {
		t.Errorf("exec into another instance's workspace: %+v", r)
	}
}

func TestExecEngineAway(t *testing.T) {
	b := shellBench(t)
	p := b.Proxy()
	p.Down()
	r := b.Exec(nil, b.Name("a"), "true")
	if r.Code != 125 || !strings.Contains(r.Stderr, "cannot reach the Docker engine") {
		t.Errorf("exec without an engine: %+v", r)
	}
}

// TestExecCalls: each call is a wait of who typed the command.
func TestExecCalls(t *testing.T) {
	b := shellBench(t)
	p := b.Proxy()
	if r := b.Exec(nil, b.Name("a"), "true"); r.Code != 0 {
		t.Fatalf("exec: %+v", r)
	}
	calls := p.Calls()
	if len(calls) != 5 {
		t.Errorf("%d calls, want ping, inspect, create, start, inspect: %v", len(calls), calls)
	}
}
