package plan_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

func noInit(s *v1alpha1.WorkspaceSpec) { s.Init = ptr.To(false) }

// No start is checked if the engine itself executes the command, if nothing is started, or if there is no way back.
func TestStartIsCheckedOnlyWithAWayBack(t *testing.T) {
	checks := func(in plan.Input) bool { return strings.Contains(plan.Make(in).String(), "check that") }
	wanted := want(image("node:22"))
	created := box("n", next, engine.StateCreated, specOf(image("node:22")))
	for _, c := range []struct {
		name string
		in   plan.Input
		want bool
	}{
		{"the old one runs", input(wanted, having(running(specOf()))), true},
		{"the old one died", input(wanted, having(running(specOf(), exited(1)))), true},
		{"no init", input(want(image("node:22"), noInit), having(running(specOf()))), false},
		{"no init before", input(wanted, having(running(specOf(noInit)))), true},
		{"stopped", input(want(image("node:22"), stopped), having(running(specOf()))), false},
		{"nothing before", input(wanted), false},
		{"dead before", input(wanted, having(box("c1", final, engine.StateDead, specOf()))), false},
		{"never started before", input(wanted, having(box("c1", final, engine.StateCreated, specOf()))), false},
		{"the new one runs already", input(wanted, having(box("o", final, engine.StateExited, specOf()), box("n", next, engine.StateRunning, specOf(image("node:22"))))), false},
		{"the name to step aside to is taken", input(wanted, having(running(specOf()), created, box("d", old, engine.StateDead, specOf()))), false},
		{"started again where it is", input(want(), having(running(specOf(), exited(127)))), false},
	} {
		if got := checks(c.in); got != c.want {
			t.Errorf("%s: checked %t, want %t:\n%s", c.name, got, c.want, plan.Make(c.in))
		}
	}
}

func TestVerify(t *testing.T) {
	ended := func(code int) engine.Container { return running(specOf(), endedAtOnce(code)) }
	long := "/opt/" + strings.Repeat("x", 100)
	for _, c := range []struct {
		name    string
		command []string
		seen    engine.Container
		want    string
	}{
		{"runs", nil, running(specOf(), inspected(engine.Limits{})), ""},
		{"runs again", nil, running(specOf(), endedAtOnce(127), state(engine.StateRunning)), ""},
		{"paused by hand", nil, running(specOf(), endedAtOnce(127), state(engine.StatePaused)), ""},
		{"died", nil, ended(1), ""},
		{"done", nil, ended(0), ""},
		{"killed", nil, ended(137), ""},
		{"not found", []string{"nosuch", "-v"}, ended(127), `the command "nosuch" cannot be started: it was not found (exit code 127)`},
		{"not executable", []string{"/etc/passwd"}, ended(126), `the command "/etc/passwd" cannot be started: it is not executable (exit code 126)`},
		{"the image's command", nil, ended(127), `the command cannot be started: it was not found (exit code 127)`},
		{"a script", []string{"sh", "-c", "pnpm i\npnpm dev"}, ended(127), `the command "sh" cannot be started: it was not found (exit code 127)`},
		{"a command in one word", []string{"curl -H hunter2"}, ended(127), `the command cannot be started: it was not found (exit code 127)`},
		{"a long one", []string{long}, ended(127), `the command "` + long[:60] + `…" cannot be started: it was not found (exit code 127)`},
	} {
		err := plan.Step{Op: plan.OpCheckStart, Command: c.command}.CheckStarted(c.seen)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The step knows the command that the container has.
func TestVerifyNamesTheCommand(t *testing.T) {
	d := want(command("sh", "-c"), func(s *v1alpha1.WorkspaceSpec) { s.Args = []string{"pnpm dev"} })
	for _, s := range plan.Make(input(d, having(running(specOf())))).Actions[0].Steps {
		if s.Op == plan.OpCheckStart {
			if got := strings.Join(s.Command, "|"); got != "sh|-c" {
				t.Errorf("command %s", got)
			}
			return
		}
	}
	t.Error("no step that checks the start")
}

// Where there is nothing to go back to the exit says what it means; after a while, or without an init, it is the program's.
func TestExitOfACommandThatCannotBeExecuted(t *testing.T) {
	after := func(code int, ran time.Duration) boxEdit {
		return func(c *engine.Container) {
			endedAtOnce(code)(c)
			c.Details.FinishedAt = c.Details.StartedAt.Add(ran)
		}
	}
	for _, c := range []struct {
		name string
		spec specEdit
		code int
		ran  time.Duration
		want string
	}{
		{"not found", grace(3), 127, 60 * time.Millisecond, "exited with code 127: the command was not found"},
		{"not executable", grace(3), 126, 60 * time.Millisecond, "exited with code 126: the command is not executable"},
		{"another code", grace(3), 1, 60 * time.Millisecond, "exited with code 1 after 100ms"},
		{"after a second", grace(3), 127, time.Second, "exited with code 127 after 1s"},
		{"no init", noInit, 127, 60 * time.Millisecond, "exited with code 127 after 100ms"},
	} {
		in := input(want(c.spec), having(running(specOf(c.spec), after(c.code, c.ran))))
		if got := plan.Make(in).Verdict.Message.In(time.UTC); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
