package verify

import (
	"context"
	"fmt"
	"time"
)

// restarted is the workspace that Test 3.1 restarts.
const restarted = 2

// restart is Test 3.1.
func (t *testCase) restart(ctx context.Context) error {
	before, err := t.states(ctx, first)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	took := t.step("dual-reconciler restart "+t.name(restarted), func() (string, string) {
		err = t.env.Restart(limited, restarted) // Once: a second request would be a second restart.
		t.suite.unsettled = t.suite.unsettled || unanswered(err)
		return "", outcome(err)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.took("Restart duration", took)
	t.check(fmt.Sprintf("Workspace %d is restarted", restarted), failed(err)...)
	answers, err := t.askAll(ctx, restarted)
	if err != nil {
		return err
	}
	after, err := t.states(ctx, first)
	if err != nil {
		return err
	}
	t.raw("%s", t.name(restarted))
	t.raw("Workspace %d after restart: %s", restarted, answers[restarted-1])
	t.raw("Workspace 1 (unaffected): %s", answers[0])
	for n, now := range after {
		t.raw("%s: %.12s started %s, before: %.12s started %s", t.container(n+1), now.ID,
			now.StartedAt.UTC().Format(time.RFC3339Nano), before[n].ID, before[n].StartedAt.UTC().Format(time.RFC3339Nano))
	}
	t.check(fmt.Sprintf("Workspace %d responds correctly after restart", restarted), t.wrongAnswer(restarted, answers[restarted-1])...)
	t.check("Workspace 1 responds correctly after that", t.wrongAnswer(1, answers[0])...)
	t.check("The other containers are the same, and were not started again", t.affected(before, after)...)
	return nil
}

// affected returns the other workspaces that the restart changed.
func (t *testCase) affected(before, after []State) (faults []fault) {
	for n := range before {
		switch {
		case n+1 == restarted:
		case before[n].ID != after[n].ID:
			faults = append(faults, wrong("%s is another container", t.name(n+1))...)
		case !before[n].StartedAt.Equal(after[n].StartedAt):
			faults = append(faults, wrong("%s was started again", t.name(n+1))...)
		}
	}
	return faults
}
