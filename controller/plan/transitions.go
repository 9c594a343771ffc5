package plan

import (
	"maps"
	"slices"
	"time"
)

// The transitions of a Memory: each returns the memory after one thing happened, and changes neither its receiver nor
// what that refers to. Remember is the transition for what was observed.

// Planned returns the memory after a plan was made: failures under another spec are dropped, and a plan that changes
// nothing ends the series of actions that had no effect.
func (m Memory) Planned(p Plan) Memory {
	converged := !p.Mutates()
	if converged {
		m.Carried = nil
	}
	var failures map[Kind]Backoff
	for kind, f := range m.Failures {
		stale := f.For != p.Key && (p.WaitingKey == "" || f.For != p.WaitingKey)
		if stale || converged && f.NotTaken && !slices.Contains(p.Waiting, kind) {
			continue
		}
		if failures == nil {
			failures = map[Kind]Backoff{}
		}
		failures[kind] = f
	}
	m.Failures = failures
	return m
}

// Begin returns the memory before the first step of an action.
func (m Memory) Begin(a Action) Memory {
	if len(a.Reclaim) > 0 {
		m.Reclaim = a.Reclaim
	}
	return m
}

// Starting returns the memory before a step starts a container with these sources of its binds.
func (m Memory) Starting(s Step, container string, sources *Sources) Memory {
	m.Sources = sources
	if s.PendingSetup {
		m.PendingSetup = container
	}
	return m
}

// Succeeded returns the memory after an action; created is the container that the plan made, key the plan's.
func (m Memory) Succeeded(a Action, created, key string, now time.Time) Memory {
	if a.Applied != "" {
		m.Applied = a.Applied
	}
	if created != "" {
		m.ContainerID = created
	}
	if len(a.Sources) > 0 {
		m.SourcesTried = a.Sources
	}
	switch a.Kind {
	case KindSetup:
		m.PendingSetup = ""
	case KindRemove:
		m.Reclaim = nil
	}
	if a.Restart {
		m.Restarts++
		m.RestartRequest, m.Unhealthy = "", nil
		if a.Crash {
			m.Crash = m.Crash.Fail(key, "", "", now)
		} else {
			m.Crash = Backoff{}
		}
	}
	if print := a.fingerprint(); print != "" {
		m.Carried = with(m.Carried, a.Kind, print)
	}
	if !m.Failures[a.Kind].NotTaken {
		m.Failures = without(m.Failures, a.Kind)
	}
	return m
}

// Failed returns the memory after a step of an action failed and the steps before it were undone. restarted is the
// container that the undo started again, if its setup is pending.
func (m Memory) Failed(a Action, s Step, err error, restarted, key string, now time.Time) Memory {
	kind := a.FailureKind(s)
	m.Failures = with(m.Failures, kind, a.Fail(m.Failures[kind], key, s, err, now))
	if restarted != "" {
		m.PendingSetup = restarted
	}
	if a.Restart {
		m.RestartRequest = ""
	}
	if a.Kind == KindRecreate {
		m.Recreate = nil // One request is one try: the event says how it ended.
	}
	return m
}

// NotTaken returns the memory after an action that Repeats, which is not carried out. Once it backed off it is tried
// again.
func (m Memory) NotTaken(a Action, key string, now time.Time) Memory {
	b := m.Failures[a.Kind].Fail(key, reason(a.Steps[len(a.Steps)-1].Op, nil),
		"the engine does not apply it: it succeeded, and is due again: "+a.Cause, now)
	b.NotTaken = true
	m.Failures, m.Carried = with(m.Failures, a.Kind, b), without(m.Carried, a.Kind)
	return m
}

// ProbeFailed returns the memory after the liveness probe of a container, which ran that long, failed for good.
func (m Memory) ProbeFailed(container, message string, ran time.Duration, now time.Time) Memory {
	m.Unhealthy = &Unhealthy{ContainerID: container, Message: message, SeenAt: now}
	if ran >= StableAfter {
		m.Crash = Backoff{}
	}
	return m
}

// RequestRestart returns the memory after a user's request to restart the workspace now, regardless of any backoff.
func (m Memory) RequestRestart(by string) Memory {
	m.RestartRequest = "restart requested by " + by
	m.Failures, m.Crash = nil, Backoff{}
	return m
}

// RequestRecreate returns the memory after a user's request to replace a container now, regardless of any backoff.
func (m Memory) RequestRecreate(container, by string, pull bool) Memory {
	m.Recreate = &RecreateRequest{ContainerID: container, Cause: "recreate requested by " + by, Pull: pull}
	m.Failures, m.Crash = nil, Backoff{}
	return m
}

// RequestRemoval returns the memory after a user's request to remove a workspace that no manifest asks for.
func (m Memory) RequestRemoval(by string) Memory {
	m.RemoveRequest, m.Failures = "removal requested by "+by, nil
	return m
}

// Approve returns the memory after a user approved host paths.
func (m Memory) Approve(paths []HostPath) Memory {
	m.Approved = slices.Concat(m.Approved, paths)
	return m
}

// with returns a copy of a map with one more entry.
func with[V any](m map[Kind]V, kind Kind, v V) map[Kind]V {
	out := map[Kind]V{kind: v}
	for k, old := range m {
		if k != kind {
			out[k] = old
		}
	}
	return out
}

// without returns a copy of a map that lacks an entry.
func without[V any](m map[Kind]V, kind Kind) map[Kind]V {
	if _, has := m[kind]; !has {
		return m
	}
	out := maps.Clone(m)
	delete(out, kind)
	return out
}
