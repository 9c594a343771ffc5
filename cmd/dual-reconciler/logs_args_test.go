package main

import (
	"testing"
	"time"
)

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"": {}, "10m": now.Add(-10 * time.Minute), "1h30m": now.Add(-90 * time.Minute), "1700000000": time.Unix(1700000000, 0),
		"2026-01-30T08:00:00Z": time.Date(2026, 1, 30, 8, 0, 0, 0, time.UTC), "2026-01-30": time.Date(2026, 1, 30, 0, 0, 0, 0, time.Local),
		"2026-01-30T08:00:00.5+02:00": time.Date(2026, 1, 30, 6, 0, 0, 5e8, time.UTC),
	} {
		if got, err := parseSince(in, now); err != nil || !got.Equal(want) {
			t.Errorf("parseSince(%q) = %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"yesterday", "-5m", "2026-13-01"} {
		if got, err := parseSince(in, now); err == nil {
			t.Errorf("parseSince(%q) = %s, want an error", in, got)
		}
	}
}
