package verify

import (
	"context"
	"fmt"
	"strings"
)

// bindSamePort is Test 1.1.
func (t *trial) bindSamePort(ctx context.Context) error {
	took, err := t.converge(ctx, 1, first)
	t.took("Time to create and start three workspaces", took)
	t.carried(err, "All three workspaces are created without an error")
	lines, silent, err := t.listeners(ctx, 1, first)
	if err != nil {
		return err
	}
	t.did("docker ps --filter label=dual.dev/instance=%s", t.Loop.Instance)
	states, err := t.states(ctx, 1, first)
	if err != nil {
		return err
	}
	running := 0
	for n, s := range states {
		t.raw("%s %s, started %s; workspace: %s", t.container(n+1), s.Text, s.StartedAt.UTC().Format("15:04:05.000Z"), s.Reason)
		if s.Running {
			running++
		}
	}
	t.result.Raw = append(t.result.Raw, lines...)
	t.measure("Running", running, fmt.Sprintf("of %d", first))
	t.measure(fmt.Sprintf("Listening on :%d", port), first-len(silent), fmt.Sprintf("of %d", first))
	wrong := t.notReady(1, states)
	t.all("All three workspaces are running and ready", wrong)
	t.all(fmt.Sprintf("In each of the three a process of its own listens on :%d", port), silent)
	if len(wrong)+len(silent) > 0 {
		t.logs(ctx, 1, first)
	}
	return nil
}

// logs shows what the servers said: a port that was taken, or a program that the image does not have.
func (t *trial) logs(ctx context.Context, from, to int) {
	for i := from; i <= to; i++ {
		text, err := t.machines.Log(ctx, i)
		if err != nil {
			text = err.Error()
		}
		for line := range strings.Lines(text) {
			t.raw("log of %s: %s", t.name(i), strings.TrimSpace(line))
		}
	}
}

// localhost is Test 1.2.
func (t *trial) localhost(ctx context.Context) error {
	begun := t.clock.Now()
	answers, err := t.askAll(ctx, 1, first)
	if err != nil {
		return err
	}
	t.took("Time for three answers", t.clock.Since(begun))
	for n, a := range answers {
		t.raw("Workspace %d: %s", n+1, a)
		t.all(fmt.Sprintf("Workspace %d returns %q", n+1, identity(n+1)), t.wrong(n+1, a))
	}
	t.execDid(1, first, namespace...)
	late := make([]bool, first)
	spaces, err := each(t, 1, first, func(i int) (string, error) {
		out, err := t.exec(ctx, i, namespace...)
		if err != nil {
			late[i-1] = t.late(err)
			return "", ctx.Err() // Not reached: it has no namespace to tell.
		}
		return strings.TrimSpace(out.Stdout), nil
	})
	if err != nil {
		return err
	}
	for n, s := range spaces {
		t.measure(fmt.Sprintf("Network namespace of workspace %d", n+1), s, "")
	}
	t.all("No cross-contamination: each answer is of another workspace, each network namespace another one", t.mixed(answers, spaces, late))
	return nil
}

// mixed finds answers that are another workspace's, and namespaces that two workspaces share.
func (t *trial) mixed(answers []answer, spaces []string, late []bool) (wrong []fault) {
	for n, a := range answers {
		for other := range answers {
			if a.failed == "" && other != n && a.body == identity(other+1) {
				wrong = append(wrong, fault{text: fmt.Sprintf("%s answered as %s", t.name(n+1), t.name(other+1))})
			}
			if other > n && spaces[n] != "" && spaces[n] == spaces[other] {
				wrong = append(wrong, fault{text: fmt.Sprintf("%s and %s share %s", t.name(n+1), t.name(other+1), spaces[n])})
			}
		}
		if spaces[n] == "" {
			wrong = append(wrong, fault{t.name(n+1) + " did not tell its network namespace", late[n]})
		}
	}
	return wrong
}

// exitCodes is Test 1.3.
func (t *trial) exitCodes(ctx context.Context) error {
	for _, c := range []struct {
		ordinal, name, script string
		code                  int
	}{
		{"First", "Success case", "exit 0", 0},
		{"Second", "Failure case", "exit 42", 42},
		{"Third", "Command not found", "nonexistent_command 2>/dev/null", 127},
	} {
		command := []string{"sh", "-c", c.script}
		t.did(`%s; echo "exit: $?"`, t.execLine(t.name(1), command))
		out, err := t.exec(ctx, 1, command...)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		text := fmt.Sprintf("%s command: exit code %d", c.ordinal, c.code)
		if err != nil {
			t.raw("no exit code: %v", err)
			t.all(text, []fault{{err.Error(), t.late(err)}})
			continue
		}
		t.raw("exit: %d", out.Code)
		t.measure(c.name+" exit code", out.Code, "")
		t.check(out.Code == c.code, text, fmt.Sprintf("it was %d", out.Code))
	}
	return nil
}
