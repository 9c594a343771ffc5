package controller

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/engine/enginetest"
)

// overlap fails a test where a running container is renamed beside a call that takes another one off its networks.
type overlap struct {
	r               *rig
	mu              sync.Mutex
	leaving, naming int
	// slow holds each rename up.
	slow time.Duration
}

func (o *overlap) see(call enginetest.Call) error {
	leaves := slices.Contains([]string{"Start", "Stop", "Remove", "Discard"}, call.Op)
	if !leaves && (call.Op != "Rename" || !o.runs(call.Args[0])) {
		return nil
	}
	step := 1
	if call.Phase == enginetest.After {
		step = -1
	}
	o.mu.Lock()
	if leaves {
		o.leaving += step
	} else {
		o.naming += step
	}
	if o.leaving > 0 && o.naming > 0 {
		o.r.Errorf("%v begins with %d leaving and %d being renamed", call, o.leaving, o.naming)
	}
	o.mu.Unlock()
	if !leaves && step > 0 {
		time.Sleep(o.slow)
	}
	return nil
}

func (o *overlap) runs(id string) bool {
	c, ok := o.r.engine.Get(id)
	return ok && c.State == engine.StateRunning
}

// watchOverlap has two workspaces: it takes eight seconds to stop the one called slow.
func watchOverlap(r *rig, slow time.Duration) *overlap {
	r.Helper()
	r.engine.Program([]string{"stubborn"}, enginetest.Program{StopsAfter: 8 * time.Second})
	r.source.set("slow", image("a:1"), command("stubborn"))
	r.source.set("web", image("a:1"))
	r.start()
	r.apply()
	o := &overlap{r: r, slow: slow}
	r.engine.OnCall(o.see)
	return o
}

// TestARunningContainerIsNotRenamedWhileAnotherLeaves: the name comes back when the stop is over, and nothing else waits for it.
func TestARunningContainerIsNotRenamedWhileAnotherLeaves(t *testing.T) {
	bubble(t, func(r *rig) {
		watchOverlap(r, 0)
		r.source.remove("slow")
		r.apply()
		r.rest(r.parts.options.PruneDelay + time.Second) // Its stop is under way.
		operator := r.engine.Operator()
		if err := operator.Rename("dual-web", "mine"); err != nil {
			t.Fatal(err)
		}
		r.rest(3 * time.Second)
		r.want("dual-slow:running mine:running")
		r.wantReady("web", "Updating")
		r.source.set("other", image("a:1"))
		r.apply()
		r.want("dual-other:running dual-slow:running mine:running")
		r.rest(10 * time.Second)
		r.want("dual-other:running dual-web:running")
	})
}

// TestNothingLeavesWhileARunningContainerIsRenamed: a stop waits for as long as the rename takes.
func TestNothingLeavesWhileARunningContainerIsRenamed(t *testing.T) {
	bubble(t, func(r *rig) {
		watchOverlap(r, 5*time.Second)
		r.source.remove("slow")
		r.apply()
		r.rest(r.parts.options.PruneDelay - time.Second)
		if err := r.engine.Operator().Rename("dual-web", "mine"); err != nil {
			t.Fatal(err)
		}
		r.rest(2 * time.Second) // The rename is under way, and the other one's removal is due.
		r.want("dual-slow:running mine:running")
		r.rest(20 * time.Second)
		r.want("dual-web:running")
	})
}
