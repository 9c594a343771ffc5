package status_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/status"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openEvents(t *testing.T, dir string) *status.Events {
	t.Helper()
	e, err := status.OpenEvents(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Repeats are counted, also where only a duration or a time of day in them differs; the latest text is shown.
func TestEventRepeatsAreCounted(t *testing.T) {
	dir := t.TempDir()
	e := openEvents(t, dir)
	for i := range 3 {
		must(t, e.Record(began.Add(time.Duration(i)*time.Minute), status.EventNormal, "web", "Started",
			fmt.Sprintf("started: exited with code 3 after %d.5s; next try at 12:0%d:00", i, i)))
	}
	must(t, e.Record(began, status.EventNormal, "web", "Started", "started: exited with code 4 after 1s"))
	must(t, e.Record(began, status.EventNormal, "api", "Started", "started: exited with code 3 after 1s"))
	for _, e := range []*status.Events{e, openEvents(t, dir)} {
		list := e.List("web")
		if len(list) != 2 {
			t.Fatalf("events %+v, want 2", list)
		}
		got := list[0]
		if got.Count != 3 || !got.FirstTimestamp.Time.Equal(began) || !got.LastTimestamp.Time.Equal(began.Add(2*time.Minute)) ||
			!strings.Contains(got.Message, "after 2.5s") {
			t.Errorf("%+v", got)
		}
		if all := e.List(""); len(all) != 3 {
			t.Errorf("all events %+v, want 3", all)
		}
	}
}

// Neither many events, nor many of one workspace, nor long ones, fill memory or disk.
func TestEventsAreBounded(t *testing.T) {
	dir := t.TempDir()
	e := openEvents(t, dir)
	const spam = 4500
	for i := range spam {
		must(t, e.Record(began.Add(time.Duration(i)*time.Second), status.EventWarning, "noisy", "CreateFailed", fmt.Sprintf("failure number #%d", i)))
	}
	must(t, e.Record(began, status.EventNormal, "quiet", "Created", strings.Repeat("x", 100_000)))
	for i := range 1200 {
		must(t, e.Record(began, status.EventNormal, fmt.Sprintf("ws-%d", i), "Created", "created"))
	}
	again := openEvents(t, dir)
	for name, e := range map[string]*status.Events{"": e, "read again": again} {
		if n := len(e.List("")); n != 1000 {
			t.Errorf("%s: %d events are kept, want 1000", name, n)
		}
		if list := e.List("ws-1199"); len(list) != 1 {
			t.Errorf("%s: the newest is not kept: %+v", name, list)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "events.jsonl"))
	must(t, err)
	if info.Size() > 4<<20 {
		t.Errorf("the file has %d bytes", info.Size())
	}
}

func TestOneWorkspaceDoesNotDriveOutOthers(t *testing.T) {
	e := openEvents(t, t.TempDir())
	must(t, e.Record(began, status.EventNormal, "quiet", "Created", strings.Repeat("x", 100_000)))
	for i := range 5000 {
		must(t, e.Record(began, status.EventWarning, "noisy", "CreateFailed", fmt.Sprintf("failure number #%d", i)))
	}
	if n := len(e.List("noisy")); n != 100 {
		t.Errorf("%d events of one workspace, want 100", n)
	}
	quiet := e.List("quiet")
	if len(quiet) != 1 || len(quiet[0].Message) > 1100 {
		t.Errorf("events of the other: %d", len(quiet))
	}
}

// A crash in the middle of a line loses that line and no other.
func TestEventsSurviveATornLine(t *testing.T) {
	dir := t.TempDir()
	must(t, openEvents(t, dir).Record(began, status.EventNormal, "web", "Created", "created"))
	file := filepath.Join(dir, "events.jsonl")
	whole, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, append(whole, `{"id":1,"event":{"reas`...), 0o600))
	e := openEvents(t, dir)
	must(t, e.Record(began, status.EventNormal, "web", "Stopped", "stopped"))
	list := openEvents(t, dir).List("")
	if len(list) != 2 || list[0].Reason != "Created" || list[1].Reason != "Stopped" {
		t.Errorf("%+v", list)
	}
}
