package plan

import "strings"

// An action that succeeded, and that the next plan asks for again, had no effect: the engine ignores the call, or
// reports the result in other words. Repeating it at once would be a hot loop, so it counts as a failure, with its
// backoff.

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

// Repeats reports whether the same action succeeded already, and no plan since found nothing to do.
func (m Memory) Repeats(a Action) bool {
	print := a.fingerprint()
	return print != "" && m.Carried[a.Kind] == print
}
