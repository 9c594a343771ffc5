package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/count"
)

// restarted is the workspace that Test 3.1 restarts.
const restarted = 2

// restart is Test 4.1.
func (t *trial) restart(ctx context.Context) error {
	before, err := t.states(ctx, 1, first)
	if err != nil {
		return err
	}
	command := "dual-reconciler restart " + t.name(restarted)
	t.did("%s", command)
	begun := t.clock.Now()
	limited, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	t.call(command, func() (string, string) {
		err = t.machines.Restart(limited, restarted) // Once: a second request would be a second restart.
		t.unsettled = t.unsettled || unanswered(err)
		return "", outcome(err)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.took("Restart duration", t.clock.Since(begun))
	t.carried(err, fmt.Sprintf("Workspace %d is restarted", restarted))
	answers, err := t.askAll(ctx, 1, restarted)
	if err != nil {
		return err
	}
	after, err := t.states(ctx, 1, first)
	if err != nil {
		return err
	}
	t.raw("%s", t.name(restarted))
	t.raw("Workspace %d after restart: %s", restarted, answers[restarted-1])
	t.raw("Workspace 1 (unaffected): %s", answers[0])
	for n := range after {
		t.raw("%s: %.12s started %s, before: %.12s started %s", t.container(n+1),
			after[n].ID, after[n].StartedAt.UTC().Format(time.RFC3339Nano), before[n].ID, before[n].StartedAt.UTC().Format(time.RFC3339Nano))
	}
	t.all(fmt.Sprintf("Workspace %d responds correctly after restart", restarted), t.wrong(restarted, answers[restarted-1]))
	t.all("Workspace 1 responds correctly after that", t.wrong(1, answers[0]))
	t.all("The other containers are the same, and were not started again", t.affected(before, after))
	return nil
}

func (t *trial) affected(before, after []State) (wrong []fault) {
	for n := range before {
		switch {
		case n+1 == restarted:
		case before[n].ID != after[n].ID:
			wrong = append(wrong, fault{text: fmt.Sprintf("%s is another container", t.name(n+1))})
		case !before[n].StartedAt.Equal(after[n].StartedAt):
			wrong = append(wrong, fault{text: fmt.Sprintf("%s was started again", t.name(n+1))})
		}
	}
	return wrong
}

// stress is Test 4.2.
func (t *trial) stress(ctx context.Context) error {
	n := t.Workspaces
	took, err := t.converge(ctx, first+1, n)
	t.took("Creation of "+count.Of(n-first, "additional workspace"), took)
	t.carried(err, count.Of(n-first, "more workspace")+" created at once without an error")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	begun := t.clock.Now()
	answers, err := t.askAll(ctx, 1, n)
	if err != nil {
		return err
	}
	t.took(fmt.Sprintf("Time for %d answers", n), t.clock.Since(begun))
	t.did("docker ps --filter label=dual.dev/instance=%s", t.Loop.Instance)
	states, err := t.states(ctx, 1, n)
	if err != nil {
		return err
	}
	running := 0
	for i, s := range states {
		t.raw("%s %s", t.container(i+1), s.Text)
		if s.Running {
			running++
		}
	}
	t.raw("Count: %d", running)
	var wrong []fault
	right, silent := 0, 0
	for i, a := range answers {
		t.raw("Workspace %d: %s", i+1, a)
		switch w := t.wrong(i+1, a); {
		case len(w) == 0:
			right++
		case a.failed != "":
			silent++
			wrong = append(wrong, w...)
		default:
			wrong = append(wrong, w...)
		}
	}
	t.measure("Total workspaces running", running, fmt.Sprintf("of %d", n))
	t.measure("Right answers", right, fmt.Sprintf("of %d", n))
	t.measure("Wrong answers", len(wrong)-silent, "")
	t.measure("No answer", silent, "")
	t.all(fmt.Sprintf("All %d workspaces are running and ready", n), t.notReady(1, states))
	t.all(fmt.Sprintf("All %d return their own name", n), wrong)
	return t.memory(ctx, states)
}

// samples of memory that are taken at once.
const samples = 32

// memory is measured, not judged.
func (t *trial) memory(ctx context.Context, states []State) error {
	t.did("docker stats --no-stream")
	// Engines take a second for a sample, and do nothing else meanwhile.
	used, err := atOnce(samples, 1, len(states), func(i int) (used int64, err error) {
		if !states[i-1].Running {
			return 0, nil
		}
		t.call("docker stats --no-stream "+t.container(i), func() (string, string) {
			used, err = t.machines.Memory(ctx, i)
			return fmt.Sprintf("%d bytes\n", used), outcome(err)
		})
		return used, ctx.Err()
	})
	if err != nil {
		return err
	}
	used = slices.DeleteFunc(used, func(n int64) bool { return n == 0 })
	if len(used) == 0 {
		t.deviated("the engine told no workspace's memory.")
		return nil
	}
	slices.Sort(used)
	t.measure("Memory a workspace, median", used[len(used)/2]>>10, "KiB")
	t.measure("Memory a workspace, at most", used[len(used)-1]>>10, "KiB")
	return nil
}
