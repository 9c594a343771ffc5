package plan

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// An action that succeeded, and that the very next plan asks for again, changes nothing: the engine does not take it, or reports
// it in other words. To carry it out again and again would be a hot loop, so that it counts as a failure, with its backoff.

// fingerprint identifies what an action does. Restarts of what died have a backoff of their own.
func (a Action) fingerprint() string {
	if a.Restart || len(a.Steps) == 0 || a.Kind.traits().repeatable {
		return ""
	}
	var b strings.Builder
	b.WriteString(a.Cause)
	for _, s := range a.Steps {
		b.WriteString("\n" + s.String())
	}
	return b.String()
}

// Repeats reports whether an action was carried out with success, and no plan since found nothing to do.
func (m Memory) Repeats(a Action) bool {
	print := a.fingerprint()
	return print != "" && m.Carried[a.Kind] == print
}

// carried notes an action that succeeded.
func (m *Memory) carried(a Action) {
	print := a.fingerprint()
	if print == "" {
		return
	}
	carried := maps.Clone(m.Carried)
	if carried == nil {
		carried = map[Kind]string{}
	}
	carried[a.Kind] = print
	m.Carried = carried
}

// NotTaken is the memory after an action that Repeats, in place of carrying it out. Once it backed off it is tried again.
func (m Memory) NotTaken(a Action, key string, now time.Time) Memory {
	failures := maps.Clone(m.Failures)
	if failures == nil {
		failures = map[Kind]Backoff{}
	}
	b := failures[a.Kind].Fail(key, reason(a.Steps[len(a.Steps)-1].Op, nil),
		"the engine does not take it: it was done, and has to be done again: "+a.Cause, now)
	b.NotTaken = true
	failures[a.Kind] = b
	m.Failures = failures
	m.Carried = maps.Clone(m.Carried)
	delete(m.Carried, a.Kind)
	return m
}

// Done is the memory after an action that succeeded, as far as its repetition is concerned.
func (m Memory) Done(a Action) Memory {
	m.carried(a)
	if f, failed := m.Failures[a.Kind]; failed && !f.NotTaken {
		m.Failures = maps.Clone(m.Failures)
		delete(m.Failures, a.Kind)
	}
	return m
}

// Converged is the memory after a plan that has nothing to do and waits for nothing: what comes later is new.
func (m Memory) Converged(p Plan) Memory {
	if p.Mutates() {
		return m
	}
	m.Carried = nil
	for kind, f := range m.Failures {
		if f.NotTaken && !slices.Contains(p.Waiting, kind) {
			m.Failures = maps.Clone(m.Failures)
			delete(m.Failures, kind)
		}
	}
	return m
}
