package controller

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/status"
)

// many fills the source.
func (r *rig) many(n int) {
	for i := range n {
		r.source.set(fmt.Sprintf("w%05d", i))
	}
}

// inMemory keeps nothing on disk, which is not what is measured.
func (r *rig) inMemory() {
	r.opts = func(o *Options) {
		store, err := status.OpenReadOnly(r.dir)
		if err != nil {
			r.Fatal(err)
		}
		o.Store = store
	}
}

// cost of bringing up n workspaces and of passes over them, in engine calls and allocations.
type cost struct {
	created, passed, resynced int
	passAllocs, resyncAllocs  uint64
	heap                      uint64
}

func measure(t *testing.T, n int) (c cost) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, dir)
		defer r.stop()
		r.inMemory()
		r.start()
		r.many(n)
		r.apply()
		ready := 0
		for _, ws := range r.Workspaces() {
			if r.ready(ws.Name) == "+Running" {
				ready++
			}
		}
		if ready != n {
			t.Fatalf("%d of %d are ready", ready, n)
		}
		calls := func() int { return len(r.engine.Calls()) }
		c.created = calls()
		r.engine.ResetCalls()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.heap = m.HeapAlloc
		before := m.Mallocs
		r.Rescan()
		synctest.Wait()
		runtime.ReadMemStats(&m)
		c.passed, c.passAllocs = calls(), m.Mallocs-before
		before = m.Mallocs
		r.rest(30 * time.Second)
		runtime.ReadMemStats(&m)
		c.resynced, c.resyncAllocs = calls()-c.passed, m.Mallocs-before
	})
	return c
}

// The cost of a pass grows linearly: ten times the workspaces cost ten times as much, and no call more.
func TestTenThousandWorkspaces(t *testing.T) {
	n := 10_000
	if raceDetector { // It makes everything ten times slower, and its own memory counts.
		n = 500
	}
	few, many := measure(t, n/10), measure(t, n)
	t.Logf("%d: %+v", n/10, few)
	t.Logf("%d: %+v", n, many)
	const slack = 1.3
	if ratio := float64(many.created) / float64(few.created); ratio > 10*slack {
		t.Errorf("creation: %.1f times the calls", ratio)
	}
	if ratio := float64(many.passAllocs) / float64(few.passAllocs); ratio > 10*slack {
		t.Errorf("a pass: %.1f times the allocations", ratio)
	}
	if ratio := float64(many.resyncAllocs) / float64(few.resyncAllocs); ratio > 10*slack {
		t.Errorf("a resync: %.1f times the allocations", ratio)
	}
	if few.passed != 1 || many.passed != 1 || few.resynced != 1 || many.resynced != 1 {
		t.Errorf("calls: %d and %d a pass, %d and %d a resync, want one each", few.passed, many.passed, few.resynced, many.resynced)
	}
	if many.heap > 200<<20 {
		t.Errorf("%d MiB, the engine in memory included", many.heap>>20)
	}
}

// BenchmarkPass is a pass over workspaces that have nothing to do.
func BenchmarkPass(b *testing.B) {
	for _, n := range []int{50, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, b.TempDir())
			defer r.stop()
			r.inMemory()
			r.start()
			r.many(n)
			begun := time.Now()
			r.source.deliver()
			r.until(begun)
			r.engine.ResetCalls()
			for b.Loop() {
				asked := time.Now()
				r.Rescan()
				r.until(asked)
			}
			b.ReportMetric(float64(r.engine.Count("Inspect")), "inspects")
		})
	}
}

// until waits for a pass on manifests read since then.
func (r *rig) until(since time.Time) {
	tick := time.NewTicker(5 * time.Millisecond) // Asking costs as much as a small pass.
	defer tick.Stop()
	late := time.After(2 * time.Minute)
	for !r.Settled(since) {
		select {
		case <-tick.C:
		case <-late:
			r.Fatal("not settled within two minutes")
		}
	}
}
