package plan_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

type (
	failures = map[plan.Kind]plan.Backoff
	carried  = map[plan.Kind]string
)

// TestTransitions: each transition of the memory, and that none of them changes the memory that it starts from.
func TestTransitions(t *testing.T) {
	failed := plan.Backoff{For: "k", Failures: 1, Next: now, Reason: "R", Message: "m"}
	notTaken := plan.Backoff{For: "k", Failures: 1, Next: now, NotTaken: true}
	other := plan.Backoff{For: "other", Failures: 2}
	unhealthy := &plan.Unhealthy{ContainerID: "c1", Message: "no answer", SeenAt: now}
	connect := plan.Action{Kind: plan.KindConnect, Cause: "lost", Steps: []plan.Step{{Op: plan.OpConnect, Network: "n"}}}
	const connected = "lost\nconnect  to network n"
	boom := errors.New("boom")
	failedAt := func(reason string, wait time.Duration) plan.Backoff {
		return plan.Backoff{For: "k", Failures: 1, Next: now.Add(wait), Reason: reason, Message: "boom"}
	}
	succeed := func(a plan.Action, created string) func(plan.Memory) plan.Memory {
		return func(m plan.Memory) plan.Memory { return m.Succeeded(a, created, "k", now) }
	}
	fail := func(a plan.Action, op plan.Op, restarted string) func(plan.Memory) plan.Memory {
		return func(m plan.Memory) plan.Memory { return m.Failed(a, plan.Step{Op: op}, boom, restarted, "k", now) }
	}
	planned := func(p plan.Plan) func(plan.Memory) plan.Memory {
		return func(m plan.Memory) plan.Memory { return m.Planned(p) }
	}

	for name, c := range map[string]struct {
		before     plan.Memory
		transition func(plan.Memory) plan.Memory
		after      plan.Memory
	}{
		"a plan drops failures of another spec": {
			plan.Memory{Failures: failures{plan.KindStart: failed, plan.KindStop: other}, Carried: carried{plan.KindStart: "x"}},
			planned(plan.Plan{Key: "k", Actions: []plan.Action{connect}}),
			plan.Memory{Failures: failures{plan.KindStart: failed}, Carried: carried{plan.KindStart: "x"}},
		},
		"a plan keeps failures of the spec that waits": {
			plan.Memory{Failures: failures{plan.KindStart: failed, plan.KindRecreate: other}},
			planned(plan.Plan{Key: "k", WaitingKey: "other"}),
			plan.Memory{Failures: failures{plan.KindStart: failed, plan.KindRecreate: other}},
		},
		"a converged plan ends what had no effect, unless it waits": {
			plan.Memory{Failures: failures{plan.KindStart: notTaken, plan.KindConnect: notTaken}, Carried: carried{plan.KindStart: "x"}},
			planned(plan.Plan{Key: "k", Waiting: []plan.Kind{plan.KindConnect}}),
			plan.Memory{Failures: failures{plan.KindConnect: notTaken}},
		},
		"an action begins": {
			plan.Memory{},
			func(m plan.Memory) plan.Memory { return m.Begin(plan.Action{Reclaim: []string{"v"}}) },
			plan.Memory{Reclaim: []string{"v"}},
		},
		"an action without volumes begins": {
			plan.Memory{Reclaim: []string{"v"}},
			func(m plan.Memory) plan.Memory { return m.Begin(connect) },
			plan.Memory{Reclaim: []string{"v"}},
		},
		"a container starts": {
			plan.Memory{PendingSetup: "c1"},
			func(m plan.Memory) plan.Memory {
				return m.Starting(plan.Step{}, "c2", &plan.Sources{ContainerID: "c2"})
			},
			plan.Memory{PendingSetup: "c1", Sources: &plan.Sources{ContainerID: "c2"}},
		},
		"a container with a setup starts": {
			plan.Memory{PendingSetup: "c1"},
			func(m plan.Memory) plan.Memory { return m.Starting(plan.Step{PendingSetup: true}, "c2", nil) },
			plan.Memory{PendingSetup: "c2"},
		},
		"a container was created": {
			plan.Memory{ContainerID: "c1", Applied: "old"},
			succeed(plan.Action{Kind: plan.KindRecreate, Applied: "new", Sources: map[string]string{"/w": "1"}}, "c2"),
			plan.Memory{ContainerID: "c2", Applied: "new", SourcesTried: map[string]string{"/w": "1"}},
		},
		"an action in place": {
			plan.Memory{ContainerID: "c1", Applied: "old", Failures: failures{plan.KindConnect: failed, plan.KindStart: failed}},
			succeed(connect, ""),
			plan.Memory{
				ContainerID: "c1", Applied: "old", Failures: failures{plan.KindStart: failed},
				Carried: carried{plan.KindConnect: connected},
			},
		},
		"an action that had no effect before": {
			plan.Memory{Failures: failures{plan.KindConnect: notTaken}},
			succeed(connect, ""),
			plan.Memory{Failures: failures{plan.KindConnect: notTaken}, Carried: carried{plan.KindConnect: connected}},
		},
		"a setup": {plan.Memory{PendingSetup: "c1"}, succeed(plan.Action{Kind: plan.KindSetup}, ""), plan.Memory{}},
		"a removal": {
			plan.Memory{Reclaim: []string{"v"}}, succeed(plan.Action{Kind: plan.KindRemove}, ""), plan.Memory{},
		},
		"a restart after a crash": {
			plan.Memory{Restarts: 1, Unhealthy: unhealthy, Crash: plan.Backoff{For: "k", Failures: 1}},
			succeed(plan.Action{Kind: plan.KindRestart, Restart: true, Crash: true}, ""),
			plan.Memory{Restarts: 2, Crash: plan.Backoff{For: "k", Failures: 2, Next: now.Add(2 * time.Second)}},
		},
		"a restart on request": {
			plan.Memory{Restarts: 1, RestartRequest: "ann", Crash: plan.Backoff{For: "k", Failures: 1}},
			succeed(plan.Action{Kind: plan.KindRestart, Restart: true}, ""),
			plan.Memory{Restarts: 2},
		},
		"a failure": {
			plan.Memory{PendingSetup: "c2", Failures: failures{plan.KindStop: failed}},
			fail(connect, plan.OpConnect, ""),
			plan.Memory{PendingSetup: "c2", Failures: failures{plan.KindStop: failed, plan.KindConnect: failedAt("UpdateFailed", time.Second)}},
		},
		"the first start fails": {
			plan.Memory{},
			fail(plan.Action{Kind: plan.KindCreate}, plan.OpStart, ""),
			plan.Memory{Failures: failures{plan.KindStart: failedAt("StartFailed", time.Second)}},
		},
		"a replacement fails, and the previous container runs again": {
			plan.Memory{PendingSetup: "c2", Recreate: &plan.RecreateRequest{ContainerID: "c1"}},
			fail(plan.Action{Kind: plan.KindRecreate}, plan.OpStart, "c1"),
			plan.Memory{PendingSetup: "c1", Failures: failures{plan.KindRecreate: failedAt("StartFailed", 16*time.Second)}},
		},
		"a requested restart fails": {
			plan.Memory{RestartRequest: "ann"},
			fail(plan.Action{Kind: plan.KindRestart, Restart: true}, plan.OpStop, ""),
			plan.Memory{Failures: failures{plan.KindRestart: failedAt("StopFailed", time.Second)}},
		},
		"an action has no effect": {
			plan.Memory{Carried: carried{plan.KindConnect: connected, plan.KindStart: "x"}},
			func(m plan.Memory) plan.Memory { return m.NotTaken(connect, "k", now) },
			plan.Memory{Carried: carried{plan.KindStart: "x"}, Failures: failures{plan.KindConnect: {
				For: "k", Failures: 1, Next: now.Add(time.Second), Reason: v1alpha1.ReasonUpdateFailed, NotTaken: true,
				Message: "the engine does not apply it: it succeeded, and is due again: lost",
			}}},
		},
		"a probe fails": {
			plan.Memory{Crash: failed},
			func(m plan.Memory) plan.Memory { return m.ProbeFailed("c1", "no answer", time.Minute, now) },
			plan.Memory{Crash: failed, Unhealthy: unhealthy},
		},
		"a probe fails after a long run": {
			plan.Memory{Crash: failed},
			func(m plan.Memory) plan.Memory { return m.ProbeFailed("c1", "no answer", plan.StableAfter, now) },
			plan.Memory{Unhealthy: unhealthy},
		},
		"a restart is requested": {
			plan.Memory{Crash: failed, Failures: failures{plan.KindStart: failed}},
			func(m plan.Memory) plan.Memory { return m.RequestRestart("ann") },
			plan.Memory{RestartRequest: "restart requested by ann"},
		},
		"a new container is requested": {
			plan.Memory{Crash: failed, Failures: failures{plan.KindStart: failed}},
			func(m plan.Memory) plan.Memory { return m.RequestRecreate("c1", "ann", true) },
			plan.Memory{Recreate: &plan.RecreateRequest{ContainerID: "c1", Cause: "recreate requested by ann", Pull: true}},
		},
		"a removal is requested": {
			plan.Memory{Crash: failed, Failures: failures{plan.KindRemove: failed}},
			func(m plan.Memory) plan.Memory { return m.RequestRemoval("ann") },
			plan.Memory{Crash: failed, RemoveRequest: "removal requested by ann"},
		},
		"host paths are approved": {
			plan.Memory{Approved: []plan.HostPath{{Path: "/a"}}},
			func(m plan.Memory) plan.Memory { return m.Approve([]plan.HostPath{{Path: "/b"}}) },
			plan.Memory{Approved: []plan.HostPath{{Path: "/a"}, {Path: "/b"}}},
		},
	} {
		before := c.before
		before.Failures, before.Carried = maps.Clone(before.Failures), maps.Clone(before.Carried)
		if diff := cmp.Diff(c.after, c.transition(c.before)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(before, c.before); diff != "" {
			t.Errorf("%s changed the memory before (-before +after):\n%s", name, diff)
		}
	}
}
