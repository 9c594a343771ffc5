package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestVerifyCannotRun(t *testing.T) {
	b := newBench(t)
	b.sweepVerify()
	taken := fmt.Sprintf("%s-3", b.Container("net"))
	b.docker("run", "-d", "--name", taken, "busybox", "sleep", "1000000")
	t.Cleanup(func() { b.docker("rm", "-f", taken) })
	foreign := b.look(taken)
	full := filepath.Join(b.Root, "full")
	b.mkdir(full)
	b.file(filepath.Join(full, "findings.md"), "somebody's")
	out := filepath.Join(b.Root, "out")
	for _, c := range []struct {
		args, env []string
		want      string
	}{
		{nil, []string{"DOCKER_HOST=unix:///nonexistent.sock"}, "is it running?"},
		{[]string{"--image", "dual-e2e-nonesuch:v1"}, nil, "docker pull dual-e2e-nonesuch:v1"},
		{[]string{"--prefix", b.Name("net")}, nil, taken + " is there already, and not owned by an instance"},
		{[]string{"--output", full}, nil, "is not empty"},
		{[]string{"--workspaces", "3"}, nil, "want 4 to"},
		{[]string{"--prefix", "Not_A_Label"}, nil, "Not_A_Label"},
		{[]string{"-o", "yaml"}, nil, "want json"},
		{[]string{"--nonsense"}, nil, "--nonsense"},
		{[]string{"surplus"}, nil, "surplus"},
	} {
		cmd := b.command(append([]string{"verify", "--output", out}, c.args...)...)
		cmd.Env = append(cmd.Env, c.env...)
		text, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.HasPrefix(string(text), "dual-reconciler: ") || !strings.Contains(string(text), c.want) {
			t.Errorf("verify %v %v: exit code %d, want 2 and %q\n%s", c.args, c.env, code, c.want, text)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a run that did not begin left a directory behind")
	}
	if data, err := os.ReadFile(filepath.Join(full, "findings.md")); err != nil || string(data) != "somebody's" {
		t.Errorf("somebody's findings: %v: %s", err, data)
	}
	if now := b.look(taken); now == nil || now.ID != foreign.ID || now.State.StartedAt != foreign.State.StartedAt {
		t.Error("the foreign container was touched")
	}
}

// TestVerifyInterrupted ends it at a test, and in the midst of creating.
func TestVerifyInterrupted(t *testing.T) {
	for name, at := range map[string]string{"while it creates": "POST /containers/create", "in a test": "POST /exec/"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.sweepVerify()
			p := b.Proxy()
			dir := filepath.Join(b.Root, "findings")
			cmd := b.command("verify", "--prefix", b.Name("net"), "--output", dir)
			var log logBuffer
			cmd.Stdout, cmd.Stderr = &log, &log
			reached := make(chan struct{}, 1000)
			p.Hook(func(call string) {
				if strings.HasPrefix(call, at) {
					reached <- struct{}{}
				}
			}, nil)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-reached
			_ = cmd.Process.Signal(syscall.SIGINT)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(log.String(), "interrupted") {
				t.Errorf("exit code %d\n%s", code, log.String())
			}
			if left := b.verifyLeft(); left != "" {
				t.Errorf("left after Ctrl-C: %s", left)
			}
			v := verification{dir: dir}
			text := v.findings(b)
			for _, want := range []string{"\nstatus: interrupted\n", "\nresult: fail\n", "Not executed.", "- Test 3.2 was not carried out to its end."} {
				if !strings.Contains(text, want) {
					t.Errorf("the findings lack %q:\n%s", want, text)
				}
			}
		})
	}
}

// hostPort keeps the tests apart that need the host's :3000 to be held, or to be free.
var hostPort sync.Mutex

// Something of the user's on the host's port is a deviation, not a leak, and it is told who it is.
func TestVerifyToleratesTheUsersPort(t *testing.T) {
	b := newBench(t)
	hostPort.Lock()
	defer hostPort.Unlock()
	var l net.Listener
	b.Eventually("the host's :3000 is free for the test", func() (wrong string) {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:3000"); err != nil {
			return err.Error()
		}
		return ""
	})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the user's own") })}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	v := b.Verify("--workspaces", "4")
	if v.Code != 0 || len(v.red()) > 0 {
		t.Fatalf("exit code %d, red: %v\n%s", v.Code, v.red(), v.Stderr)
	}
	if all, _ := json.Marshal(v.Deviations); !strings.Contains(string(all), "held by something that is no workspace") || !strings.Contains(string(all), "the user's own") {
		t.Errorf("deviations: %s", all)
	}
}

// Without busybox's httpd the experiment's loop around nc serves, as on Alpine.
func TestVerifyWithNetcat(t *testing.T) {
	b := newBench(t)
	p := b.Proxy()
	p.OnCreate(func(_ string, request map[string]any) {
		args := request["Cmd"].([]any)
		script := strings.ReplaceAll(args[0].(string), "grep -qx httpd", "grep -qx no-such-applet")
		if script == args[0] {
			t.Error("the script does not look for httpd any more")
		}
		args[0] = script
	})
	if v := b.Verify("--workspaces", "4"); v.Code != 0 {
		t.Fatalf("exit code %d, red: %v\n%s", v.Code, v.red(), v.Stderr)
	}
}
