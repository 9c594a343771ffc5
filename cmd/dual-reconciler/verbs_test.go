package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// The verbs on an instance without a running controller.
func TestVerbsAlone(t *testing.T) {
	p := newProgram(t)
	p.want(0, "no workspaces", "get")
	p.manifest("web", "env: [{name: PASSWORD, value: hunter2}]")
	p.want(0, "1 workspace valid in "+filepath.Join(p.dir, "m"), "validate")
	p.want(1, "create web: no container", "diff")
	p.want(0, "1 of 1 ready", "apply")
	p.want(0, "", "diff")

	p.want(0, "workspace.dual.dev/web\n", "get", "-o", "name")
	p.want(0, "no controller of instance \""+p.instance+"\" runs", "get", "web")
	var ws v1alpha1.Workspace
	if err := json.Unmarshal([]byte(p.run("get", "web", "-o", "json").out), &ws); err != nil || ws.Name != "web" {
		t.Errorf("get -o json: %q, %v", ws.Name, err)
	}
	if o := p.run("get", "web", "-o", "yaml"); strings.Contains(o.out, "hunter2") || !strings.Contains(o.out, "***") {
		t.Errorf("get shows a secret: %s", o.out)
	}
	p.want(0, "hunter2", "get", "web", "-o", "yaml", "--show-secrets")
	p.want(0, "MANIFEST", "get", "-l", "team=web", "-o", "wide")
	p.want(0, "no workspaces", "get", "-l", "team=other")
	p.want(1, `workspace "wen" not found; did you mean "web"?`, "get", "wen")
	p.want(1, "-o table: want wide, json, yaml or name", "get", "-o", "table")

	p.want(0, "Conditions:\n  Ready=True", "describe", "web")
	p.want(0, "Created", "events", "web")
	p.want(0, `"kind": "EventList"`, "events", "-o", "json")
	p.want(1, "no controller runs that could report new events", "events", "-w")
	p.want(0, "workspace.dual.dev/web condition met", "wait", "web")
	p.want(1, "timed out after 1s waiting for web", "wait", "--for=delete", "web", "--timeout", "1s")
	p.want(1, "--for=x: want condition=TYPE[=STATUS]", "wait", "--for=x", "web")

	p.want(0, "workspace.dual.dev/web restarted", "restart", "web")
	p.want(0, "workspace.dual.dev/web recreated", "recreate", "web")
	p.want(1, "nothing of it waits for an approval", "approve", "web")
	p.want(1, "", "restart", "absent")
	p.want(0, "web removed", "down")
	if n := len(p.engine.All()); n != 0 {
		t.Errorf("%d containers after down", n)
	}
}

// The verbs on an instance whose controller runs: they reach it through its socket.
func TestVerbsBesideAController(t *testing.T) {
	p := newProgram(t)
	p.manifest("web")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan output)
	go func() { ended <- p.runIn(ctx, "run", "--prune-delay", "0s") }()
	defer func() {
		stop()
		if o := <-ended; o.code != 0 {
			t.Errorf("run ended with %d: %s", o.code, o.err)
		}
	}()
	const patience = 5 * time.Minute // Only a controller that hangs takes as long.
	for deadline := time.Now().Add(patience); p.run("wait", "web").code != 0; {
		if time.Now().After(deadline) {
			t.Fatal("the controller opened no socket")
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.want(0, "it was asked to apply", "apply")
	if o := p.want(0, "web", "get"); strings.Contains(o.err, "no controller") {
		t.Errorf("get beside a controller: %s", o.err)
	}
	p.want(0, "workspace.dual.dev/web restart requested", "restart", "web")
	p.want(0, "condition met", "wait", "--all")
	p.want(0, "workspace.dual.dev/web recreate requested", "recreate", "web")
	p.want(0, "condition met", "wait", "web")
	p.want(0, "recreate requested by", "events", "web")
	p.want(1, "already runs with PID", "down")
	p.want(1, "--volumes: a controller of the instance runs", "down", "web", "--volumes")
	p.want(1, "asks for it, so that this controller would create it again", "down", "web")
	p.want(1, "--takeover: a controller runs with PID", "apply", "--takeover")

	watching, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if o := p.runIn(watching, "events", "-w", "-o", "json"); o.code != 0 || !strings.Contains(o.out, `"reason":"Created"`) {
		t.Errorf("events -w = %d: %s %s", o.code, o.out, o.err)
	}
	watching, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if o := p.runIn(watching, "get", "-w"); o.code != 0 || !strings.HasPrefix(o.out, "NAME ") || !strings.Contains(o.out, "\nweb ") {
		t.Errorf("get -w = %d: %s %s", o.code, o.out, o.err)
	}
}

func TestExecAndLogs(t *testing.T) {
	p := newProgram(t)
	p.manifest("web")
	p.want(0, "1 of 1 ready", "apply")
	var got engine.ExecOptions
	p.engine.OnExec(func(_ context.Context, o engine.ExecOptions, s engine.Streams) (engine.ExecResult, error) {
		got = o
		_, err := io.Copy(s.Err, s.In)
		return engine.ExecResult{ExitCode: 3}, err
	})
	if o := p.run("exec", "-w", "/tmp", "-u", "1000", "-e", "A=b", "web", "--", "cat", "-n"); o != (output{3, "", "input"}) {
		t.Errorf("exec = %+v", o)
	}
	if strings.Join(got.Command, " ") != "cat -n" || got.Env[0] != "A=b" || got.User != "1000" || got.WorkingDir != "/tmp" {
		t.Errorf("executed %+v", got)
	}
	p.want(125, "which command?", "exec", "web")
	p.want(125, "which workspace?", "exec")
	p.want(125, `--env "=b": want NAME=value`, "exec", "-e", "=b", "web", "ls")
	p.want(125, "the input is not a terminal", "exec", "-t", "web", "ls")
	p.want(125, "unknown flag", "exec", "--no-such-flag", "web", "ls")
	p.want(125, `no workspace "wen"`, "exec", "wen", "ls")

	p.engine.Write(p.engine.All()[0].ID,
		engine.LogEntry{Time: time.Unix(1, 0), Text: []byte("one\n")}, engine.LogEntry{Time: time.Unix(2, 0), Text: []byte("two\n")})
	if o := p.run("logs", "web", "--tail", "1", "-t"); o != (output{0, "1970-01-01T00:00:02.000000000Z two\n", ""}) {
		t.Errorf("logs = %+v", o)
	}
	p.want(1, `--tail "x": want a number of lines`, "logs", "web", "--tail", "x")
	p.want(1, `no workspace "wen"`, "logs", "wen")
}

func TestBrokenManifests(t *testing.T) {
	p := newProgram(t)
	p.manifest("web", "comand: [sh]")
	p.want(1, `web.yaml:8:3`, "validate")
	var v struct {
		Valid    bool
		Problems []struct{ Workspace string }
	}
	o := p.want(1, "", "validate", "-o", "json")
	if err := json.Unmarshal([]byte(o.out), &v); err != nil || v.Valid || len(v.Problems) != 1 || v.Problems[0].Workspace != "web" {
		t.Errorf("validate -o json: %+v, %v in %s", v, err, o.out)
	}
	p.want(2, "web.yaml:8:3", "diff")
	p.want(2, "-o x: want json", "diff", "-o", "x")
	p.want(1, "-o x: want json", "validate", "-o", "x")
	p.want(1, "web.yaml:8:3", "apply", "--timeout", "1m")
	p.want(2, "-o x: want json; the directory is --output", "verify", "-o", "x")
}

func TestEngineAway(t *testing.T) {
	p := newProgram(t)
	p.manifest("web")
	p.engine.SetUnavailable(true)
	for _, verb := range []string{"get", "apply", "down"} {
		p.want(1, "cannot reach the Docker engine", verb)
	}
	p.want(2, "cannot reach the Docker engine", "diff")
	p.want(125, "cannot reach the Docker engine", "exec", "web", "ls")
	p.want(0, "cannot reach the Docker engine", "version")
}

func TestVersionAndSchema(t *testing.T) {
	p := newProgram(t)
	p.want(0, v1alpha1.APIVersion, "version")
	var v map[string]string
	if err := json.Unmarshal([]byte(p.run("version", "-o", "json").out), &v); err != nil || v["engine"] == "" {
		t.Errorf("version -o json: %v, %v", v, err)
	}
	if o := p.run("schema"); o.out != string(v1alpha1.JSONSchema()) {
		t.Error("schema prints something else")
	}
	p.want(0, "CustomResourceDefinition", "schema", "--crd")
}

func TestGlobalFlags(t *testing.T) {
	p := newProgram(t)
	p.want(1, `--instance "A b"`, "get", "--instance", "A b")
	p.want(1, `--log-level "loud": want debug, info, warn or error`, "get", "--log-level", "loud")
	p.want(1, `--log-format "xml": want text or json`, "get", "--log-format", "xml")
	p.want(1, "--workers must be at least 1", "apply", "--workers", "0")
	p.want(1, "--resync must be at least 1s", "run", "--resync", "1ms")
	p.want(125, `--instance "A b"`, "exec", "--instance", "A b", "web", "ls")
}

// A verb is wiring: one short file, described in the documentation.
func TestVerbsAreSmallAndDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/command-line.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range rootCommand(&globals{}).Commands() {
		text, err := os.ReadFile(verb.Name() + ".go")
		if err != nil {
			t.Errorf("verb %s has no file of its own: %v", verb.Name(), err)
		}
		if n := strings.Count(string(text), "\n"); n > 100 {
			t.Errorf("%s.go has %d lines, want at most 100", verb.Name(), n)
		}
		if !strings.Contains(string(page), "`"+verb.Name()) && !strings.Contains(string(page), "dual-reconciler "+verb.Name()) {
			t.Errorf("docs/command-line.md does not describe %s", verb.Name())
		}
		if verb.Short == "" {
			t.Errorf("verb %s has no help", verb.Name())
		}
	}
}
