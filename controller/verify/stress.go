package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/internal/count"
)

// stress is Test 3.2.
func (t *testCase) stress(ctx context.Context) error {
	n := t.Workspaces
	took, err := t.converge(ctx, first+1, n)
	t.took("Creation of "+count.Of(n-first, "additional workspace"), took)
	t.check(count.Of(n-first, "more workspace")+" created at once without an error", failed(err)...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	begun := time.Now()
	answers, err := t.askAll(ctx, n)
	if err != nil {
		return err
	}
	t.took(fmt.Sprintf("Time for %d answers", n), time.Since(begun))
	t.procedure("docker ps --filter label=dual.dev/instance=%s", t.Loop.Instance)
	states, err := t.states(ctx, n)
	if err != nil {
		return err
	}
	for i, s := range states {
		t.raw("%s %s", t.container(i+1), s.Text)
	}
	running := countOf(states, State.isRunning)
	t.raw("Count: %d", running)
	var wrong []fault
	for i, a := range answers {
		t.raw("Workspace %d: %s", i+1, a)
		wrong = append(wrong, t.wrongAnswer(i+1, a)...)
	}
	silent := countOf(answers, func(a answer) bool { return a.failure() != "" })
	t.measure("Total workspaces running", running, fmt.Sprintf("of %d", n))
	t.measure("Right answers", n-len(wrong), fmt.Sprintf("of %d", n))
	t.measure("Wrong answers", len(wrong)-silent, "")
	t.measure("No answer", silent, "")
	t.check(fmt.Sprintf("All %d workspaces are running and ready", n), t.notReady(states)...)
	t.check(fmt.Sprintf("All %d return their own name", n), wrong...)
	return t.memory(ctx, states)
}

// samples is how many samples of memory are taken at a time. Engines take a second for one.
const samples = 32

// memory is measured, and not checked.
func (t *testCase) memory(ctx context.Context, states []State) error {
	t.procedure("docker stats --no-stream")
	used, err := each(samples, 1, len(states), func(i int) (used int64, err error) {
		if !states[i-1].Running {
			return 0, nil
		}
		t.record("docker stats --no-stream "+t.container(i), func() (string, string) {
			used, err = t.env.Memory(ctx, i)
			return fmt.Sprintf("%d bytes\n", used), outcome(err)
		})
		return used, ctx.Err()
	})
	if err != nil {
		return err
	}
	used = slices.DeleteFunc(used, func(n int64) bool { return n == 0 })
	if len(used) == 0 {
		t.deviated("the engine reported no workspace's memory.")
		return nil
	}
	slices.Sort(used)
	t.measure("Memory a workspace, median", used[len(used)/2]>>10, "KiB")
	t.measure("Memory a workspace, at most", used[len(used)-1]>>10, "KiB")
	return nil
}
