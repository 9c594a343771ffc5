package plan

import (
	"testing"
	"time"
)

// The wall clock was set back: what was noted by it delays nothing any more, and nothing is delayed longer than its backoff.
func TestClockThatJumps(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	b := Backoff{}.Fail("k", "R", "m", now)
	for after, waits := range map[time.Duration]bool{
		0: true, time.Second: false, -time.Minute: false, -time.Hour: false, -1000 * time.Hour: false, 1000 * time.Hour: false,
	} {
		if got := b.waits("k", now.Add(after)); got != waits {
			t.Errorf("%s after the failure it waits: %t", after, got)
		}
	}
	in := Input{Now: now}
	if at := in.after(now.Add(time.Hour), time.Second); at.After(now) {
		t.Errorf("an exit of the future delays until %s", at)
	}
	if at := in.after(now.Add(-time.Millisecond), time.Second); !at.After(now) {
		t.Error("an exit of now delays nothing")
	}
}
