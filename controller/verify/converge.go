package verify

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// converge asks for the workspaces up to n, and returns how long that took.
func (t *testCase) converge(ctx context.Context, from, n int) (took time.Duration, err error) {
	if n-from < DefaultWorkspaces {
		for i := from; i <= n; i++ {
			t.procedure("write %s", t.file(i))
		}
	} else {
		t.procedure("write %s to %s", t.file(from), t.file(n))
	}
	apply := fmt.Sprintf("dual-reconciler apply --instance %s --manifests %s", t.Loop.Instance, t.Loop.Directory)
	took = t.step(apply, func() (string, string) {
		_, err = untilAnswered(ctx, t.Timeout, func(ctx context.Context) (struct{}, error) { return struct{}{}, t.env.Converge(ctx, n) })
		t.suite.unsettled = unanswered(err)
		return "", outcome(err)
	})
	return took, err
}

func (t *testCase) state(ctx context.Context, i int) (State, error) {
	call := func(ctx context.Context) (State, error) { return t.env.State(ctx, i) }
	return query(ctx, t, "docker inspect "+t.container(i), call, func(s State) (string, string) {
		return fmt.Sprintf("id %.12s state %s started %s address %v; workspace: ready %v, %s: %s\n", s.ID, s.Text,
			s.StartedAt.UTC().Format(time.RFC3339Nano), s.Address, s.Ready, s.Reason, s.Message), "ok"
	})
}

// states inspects the workspaces 1 to n.
func (t *testCase) states(ctx context.Context, n int) ([]State, error) {
	return each(t.Loop.Workers, 1, n, func(i int) (State, error) { return t.state(ctx, i) })
}

func (s State) isRunning() bool { return s.Running }

// notReady returns which workspaces do not run or are not ready, and why. While they are not settled, they may become ready.
func (t *testCase) notReady(states []State) (faults []fault) {
	for n, s := range states {
		switch {
		case !s.Running:
			text := fmt.Sprintf("%s is %s: %s: %s", t.name(n+1), s.Text, s.Reason, s.Message)
			faults = append(faults, fault{text, t.suite.unsettled})
		case !s.Ready:
			faults = append(faults, fault{fmt.Sprintf("%s is not ready: %s: %s", t.name(n+1), s.Reason, s.Message), t.suite.unsettled})
		}
	}
	return faults
}

// subnets of the workspaces' network.
func (t *testCase) subnets(ctx context.Context) ([]netip.Prefix, error) {
	return query(ctx, t, "docker network inspect "+network, t.env.Subnets, func(subnets []netip.Prefix) (string, string) {
		return fmt.Sprintln(subnets), "ok"
	})
}
