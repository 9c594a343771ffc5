package verify

import (
	"context"
	"fmt"
	"strings"
)

// bindSamePort is Test 1.1.
func (t *testCase) bindSamePort(ctx context.Context) error {
	took, err := t.converge(ctx, 1, first)
	t.took("Time to create and start three workspaces", took)
	t.check("All three workspaces are created without an error", failed(err)...)
	lines, silent, err := t.listeners(ctx, first)
	if err != nil {
		return err
	}
	t.procedure("docker ps --filter label=dual.dev/instance=%s", t.Loop.Instance)
	states, err := t.states(ctx, first)
	if err != nil {
		return err
	}
	for n, s := range states {
		started := s.StartedAt.UTC().Format("15:04:05.000Z")
		t.raw("%s %s, started %s; workspace: %s", t.container(n+1), s.Text, started, s.Reason)
	}
	t.result.Raw = append(t.result.Raw, lines...)
	t.measure("Running", countOf(states, State.isRunning), fmt.Sprintf("of %d", first))
	t.measure(fmt.Sprintf("Listening on :%d", port), first-len(silent), fmt.Sprintf("of %d", first))
	notReady := t.notReady(states)
	t.check("All three workspaces are running and ready", notReady...)
	t.check(fmt.Sprintf("In each of the three a process of its own listens on :%d", port), silent...)
	if len(notReady)+len(silent) > 0 {
		t.logs(ctx)
	}
	return nil
}

// logs shows what the servers printed, such as that a port is in use or that the image lacks a program.
func (t *testCase) logs(ctx context.Context) {
	for i := 1; i <= first; i++ {
		text, err := t.env.Log(ctx, i)
		if err != nil {
			text = err.Error()
		}
		for line := range strings.Lines(text) {
			t.raw("log of %s: %s", t.name(i), strings.TrimSpace(line))
		}
	}
}
