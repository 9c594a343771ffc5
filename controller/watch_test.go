package controller

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

func TestDriftHealsOnItsEvent(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.AddNetwork("lan")
		r.start()
		r.source.set("web", onLAN)
		r.apply()
		id := r.container("web").ID
		operator := r.engine.Operator()
		for name, do := range map[string]func() error{
			"stop":       func() error { return operator.Stop(id) },
			"pause":      func() error { return operator.Pause(id) },
			"rename":     func() error { return operator.Rename(id, "mine") },
			"disconnect": func() error { return operator.Disconnect(id, "lan") },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			c := r.container("web")
			if _, attached := c.Networks["lan"]; c.ID != id || c.State != engine.StateRunning || !attached {
				t.Errorf("after %s: %+v", name, c)
			}
			r.rest(20 * time.Minute)
		}
		if err := operator.Remove(id); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.want("dual-web:running")
	})
}

// Trap 19: what happened in a gap that no stream noticed is found by the next list.
func TestTrap19EventGap(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.source.set("db")
		r.apply()
		r.engine.DropEvents(func() {
			_ = r.engine.Operator().Remove("dual-web")
			_ = r.engine.Operator().Kill("dual-db")
		})
		synctest.Wait()
		r.want("dual-db:exited")
		r.rest(31 * time.Second)
		r.want("dual-db:running dual-web:running")
	})
}

// Trap 19: a stream that breaks is subscribed anew, and the state listed.
func TestTrap19StreamBreak(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		for range 3 {
			lists := r.engine.Count("List")
			r.engine.DropEvents(func() { _ = r.engine.Operator().Kill("dual-web") })
			r.engine.BreakEvents()
			r.rest(time.Second)
			if r.engine.Count("List") == lists {
				t.Error("not listed after the break")
			}
			r.want("dual-web:running")
			r.rest(11 * time.Minute)
		}
		_ = r.engine.Operator().Kill("dual-web")
		synctest.Wait()
		r.want("dual-web:running")
	})
}

// Trap 19: a list that failed does not say that there is nothing.
func TestTrap19AFailedListIsNotNone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.start()
		r.source.set("web")
		r.apply()
		r.engine.ResetCalls()
		for range 10 {
			r.engine.FailNext("List", fmt.Errorf("list: %w", engine.ErrUnavailable))
			r.engine.FailNext("List", fmt.Errorf("list: %w", context.DeadlineExceeded))
			r.rest(30 * time.Second)
		}
		r.wantCalls()
		r.wantReady("web", "+Running")
		r.engine.SetUnavailable(true)
		synctest.Wait()
		r.wantReady("web", "EngineUnavailable")
		r.source.remove("web") // Absence is not counted towards anything but itself.
		r.apply()
		r.rest(time.Hour)
		r.source.set("web")
		r.apply()
		r.engine.SetUnavailable(false)
		r.rest(time.Minute)
		r.wantReady("web", "+Running")
		if n := r.engine.Count("Create") + r.engine.Count("Remove") + r.engine.Count("Stop"); n > 0 {
			t.Errorf("calls %v", r.calls())
		}
	})
}

func TestEngineAwayAtTheStart(t *testing.T) {
	bubble(t, func(r *rig) {
		r.engine.SetUnavailable(true)
		r.start()
		r.source.set("web")
		r.apply()
		r.rest(time.Hour)
		r.want("")
		r.engine.SetUnavailable(false)
		r.rest(time.Second)
		r.want("dual-web:running")
	})
}

// slowList delivers lists late: what happens meanwhile is newer than they are.
type slowList struct {
	engine.Engine
	mu   sync.Mutex
	gate chan struct{}
}

func (s *slowList) List(ctx context.Context, instance string) ([]engine.Container, error) {
	list, err := s.Engine.List(ctx, instance)
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return list, err
}

func (s *slowList) hold(gate chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
}

// A list is older than what was done while it was under way.
func TestAListDoesNotUndoWhatIsKnownSince(t *testing.T) {
	for name, edit := range map[string]struct{ before, after specEdit }{
		"create":  {nil, image("a:1")},
		"replace": {image("a:1"), image("b:1")},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				slow := &slowList{Engine: r.engine}
				r.through = slow
				r.start()
				r.source.set("other")
				if edit.before != nil {
					r.source.set("web", edit.before)
				}
				r.apply()
				gate := make(chan struct{})
				slow.hold(gate)
				r.rest(30 * time.Second) // The resync has its list, and hangs.
				r.source.set("web", edit.after)
				r.replace()
				r.wantReady("web", "+Running")
				id := r.container("web").ID
				r.engine.ResetCalls()
				slow.hold(nil)
				close(gate)
				synctest.Wait()
				r.wantCalls()
				r.wantReady("web", "+Running")
				if got := r.container("web").ID; got != id {
					t.Error("another container")
				}
			})
		})
	}
}
