package session

import (
	"bytes"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// TestLogPosition: an engine repeats the entries with the time from which it is asked to resume.
func TestLogPosition(t *testing.T) {
	at := func(s int) engine.LogEntry { return engine.LogEntry{Time: time.Unix(int64(s), 0)} }
	var p position
	for _, s := range []int{1, 3, 2, 3} {
		p.pass(at(s))
	}
	again := 0
	var shown []int
	for i, s := range []int{2, 3, 3, 3, 4} {
		if !p.covers(at(s), &again) {
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
