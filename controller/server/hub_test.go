package server

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/dual-dev/dual-reconciler/controller/status"
)

func shortly(changes []Change) []string {
	var out []string
	for _, c := range changes {
		out = append(out, fmt.Sprintf("%s %s %d", c.Type, c.Object.Name, c.Object.Status.RestartCount))
	}
	return out
}

// A reader that never reads costs whoever publishes nothing, and finds the latest of each workspace.
func TestHubSlowReaderNeverBlocksAndCoalesces(t *testing.T) {
	hub := NewHub()
	slow := hub.Subscribe()
	defer slow.Close()
	for i := range int32(10_000) {
		hub.Publish(named("web", i), false)
		hub.Publish(named("db", i), i == 9_999)
		hub.PublishEvent(status.Event{Workspace: "web", Reason: fmt.Sprint(i)})
	}
	select {
	case <-slow.Wake():
	default:
		t.Fatal("not woken")
	}
	if got, want := shortly(slow.Take()), []string{"MODIFIED web 9999", "DELETED db 9999"}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if got := slow.Take(); len(got) != 0 {
		t.Errorf("took twice: %v", shortly(got))
	}
	events := slow.TakeEvents()
	if n := len(events); n != maxWaiting || events[n-1].Reason != "9999" {
		t.Errorf("%d events wait, the last is %v", n, events[n-1])
	}
	select {
	case <-slow.Wake():
		t.Error("woken for nothing")
	default:
	}
}

func TestHubReadersAreIndependent(t *testing.T) {
	hub := NewHub()
	early := hub.Subscribe()
	hub.Publish(named("web", 1), false)
	late := hub.Subscribe()
	hub.Publish(named("db", 2), false)
	if got := shortly(early.Take()); !slices.Equal(got, []string{"MODIFIED web 1", "MODIFIED db 2"}) {
		t.Errorf("early took %v", got)
	}
	if got := shortly(late.Take()); !slices.Equal(got, []string{"MODIFIED db 2"}) {
		t.Errorf("late took %v", got)
	}
	early.Close()
	early.Close()
	hub.Publish(named("web", 3), false)
	if got := early.Take(); len(got) > 0 {
		t.Errorf("closed, and took %v", shortly(got))
	}
	late.Close()
}

func TestHubFromManyGoroutines(t *testing.T) {
	hub := NewHub()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range int32(200) {
				hub.Publish(named(fmt.Sprintf("w%d", i), n), false)
			}
		})
		group.Go(func() {
			for range 50 {
				r := hub.Subscribe()
				_, _ = r.Take(), r.TakeEvents()
				r.Close()
			}
		})
	}
	group.Wait()
}
