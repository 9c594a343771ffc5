package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// TestLogMark: an engine gives again what bears the time from which it is asked to go on.
func TestLogMark(t *testing.T) {
	at := func(s int) engine.LogEntry { return engine.LogEntry{Time: time.Unix(int64(s), 0)} }
	var m mark
	for _, s := range []int{1, 3, 2, 3} {
		m.pass(at(s))
	}
	again := 0
	var shown []int
	for i, s := range []int{2, 3, 3, 3, 4} {
		if !m.skip(at(s), &again) {
			shown = append(shown, i)
		}
	}
	if len(shown) != 2 || shown[0] != 3 || shown[1] != 4 {
		t.Errorf("shown %v, want the third entry of second 3 and that of second 4", shown)
	}
}

func TestLogPrinter(t *testing.T) {
	var both bytes.Buffer
	p := &logPrinter{out: &both, err: &both, timestamps: true}
	for _, e := range []engine.LogEntry{
		{Time: time.Unix(1, 5), Text: []byte("long ")},
		{Time: time.Unix(2, 0), Stderr: true, Text: []byte("between\n")},
		{Time: time.Unix(3, 0), Text: []byte("line\n")},
		{Time: time.Unix(4, 0), Text: []byte("next\n")},
	} {
		if err := p.entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	const want = "1970-01-01T00:00:01.000000005Z long 1970-01-01T00:00:02.000000000Z between\nline\n1970-01-01T00:00:04.000000000Z next\n"
	if both.String() != want {
		t.Errorf("printed %q, want %q", &both, want)
	}
}

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
