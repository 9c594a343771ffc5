package manifest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// following is a source at work on a fixture's directory.
type following struct {
	*fixture
	s    *Source
	stop func()

	mu   sync.Mutex
	seen []*Snapshot
}

func withSourceClock(c clock.Clock) SourceOption { return func(s *Source) { s.clock = c } }

// follow runs a source in the background. Only events and what the loader asks for make it read: the resync is far
// away.
func (f *fixture) follow(opts ...SourceOption) *following {
	f.t.Helper()
	fl := &following{fixture: f}
	f.l.log = slog.New(slog.DiscardHandler)
	fl.s = NewSource(f.l, append([]SourceOption{WithResync(time.Hour)}, opts...)...)
	fl.run()
	return fl
}

func (fl *following) run() {
	ctx, cancel := context.WithCancel(fl.t.Context())
	done := make(chan error, 1)
	go func() {
		done <- fl.s.Run(ctx, func(s *Snapshot) {
			fl.mu.Lock()
			defer fl.mu.Unlock()
			fl.seen = append(fl.seen, s)
		})
	}()
	fl.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			fl.t.Errorf("run: %v", err)
		}
	})
	fl.t.Cleanup(fl.stop)
	fl.until("the first snapshot", func(*Snapshot) bool { return true })
}

func (fl *following) count() int {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	return len(fl.seen)
}

func (fl *following) until(what string, ok func(*Snapshot) bool) {
	fl.t.Helper()
	deadline := time.Now().Add(5 * time.Minute)
	for {
		fl.mu.Lock()
		var last *Snapshot
		if len(fl.seen) > 0 {
			last = fl.seen[len(fl.seen)-1]
		}
		fl.mu.Unlock()
		if last != nil && ok(last) {
			return
		}
		if time.Now().After(deadline) {
			if last == nil {
				fl.t.Fatalf("no snapshot, waiting for %s", what)
			}
			fl.t.Fatalf("waiting for %s: in force %q, holds %+v", what, summary(last), last.Holds)
		}
		time.Sleep(2 * time.Millisecond) // Polls.
	}
}

// await waits until the snapshot has exactly these workspaces and no holds.
func (fl *following) await(workspaces string) {
	fl.t.Helper()
	fl.until(workspaces, func(s *Snapshot) bool { return summary(s) == workspaces && len(s.Holds) == 0 })
}

func (fl *following) awaitHold(reason HoldReason) {
	fl.t.Helper()
	fl.until(string(reason), func(s *Snapshot) bool {
		for _, h := range s.Holds {
			if h.Reason == reason {
				return true
			}
		}
		return false
	})
}

// newLiveFixture has the system's clock and a short settle time.
func newLiveFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.live()
	return f
}

func (f *fixture) live() {
	f.l = NewLoader(f.dir, WithSettle(300*time.Millisecond), WithEngineSockets([]string{"/run/docker.sock"}))
}

// fakeNotifier gives no events but those of the test.
type fakeNotifier struct {
	err   error
	paths []string
}

func (n *fakeNotifier) Add(path string) error {
	if n.err == nil {
		n.paths = append(n.paths, path)
	}
	return n.err
}
func (*fakeNotifier) Remove(string) error   { return nil }
func (n *fakeNotifier) WatchList() []string { return n.paths }
func (*fakeNotifier) Close() error          { return nil }

type fakeEvents struct {
	*following
	clock  *clocktesting.FakeClock
	events chan fsnotify.Event
	errors chan error
}

func (f *fixture) followFake(addErr error) *fakeEvents {
	fe := &fakeEvents{clock: clocktesting.NewFakeClock(time.Now()), events: make(chan fsnotify.Event), errors: make(chan error)}
	fl := &following{fixture: f}
	f.l.log = slog.New(slog.DiscardHandler)
	fl.s = NewSource(f.l, withSourceClock(fe.clock))
	fl.s.newWatcher = func(log *slog.Logger) *watcher {
		return &watcher{fs: &fakeNotifier{err: addErr}, events: fe.events, errors: fe.errors, log: log, on: map[string]stat.ID{}}
	}
	fe.following = fl
	fl.run()
	return fe
}

// step waits until the source waits, and lets d go by.
func (fe *fakeEvents) step(d time.Duration) {
	fe.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !fe.clock.HasWaiters(); {
		if time.Now().After(deadline) {
			fe.t.Fatal("the source does not wait")
		}
		time.Sleep(time.Millisecond) // Polls.
	}
	fe.clock.Step(d)
}

func TestResyncIsTheTruthWithoutEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		addErr error
		after  time.Duration
	}{
		{"silent file system", nil, DefaultResync},
		{"no watches left", unix.ENOSPC, blindResync},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.write("a.yaml", doc("shop", "node:20"))
			fe := f.followFake(tt.addErr)
			fe.await("shop=node:20")
			f.write("a.yaml", doc("shop", "node:22"))
			before := fe.count()
			fe.step(tt.after - time.Millisecond)
			if fe.count() != before {
				t.Error("read before its time")
			}
			fe.step(time.Millisecond)
			fe.await("shop=node:22")
		})
	}
}

func TestOverflowReadsEverything(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	fe := f.followFake(nil)
	f.write("a.yaml", doc("shop", "node:22"))
	fe.errors <- fsnotify.ErrEventOverflow
	fe.sync()
	fe.step(debounceQuiet)
	fe.await("shop=node:22")
}

// sync returns after the source has handled the last event, by sending irrelevant ones.
func (fe *fakeEvents) sync() {
	for range 2 {
		fe.events <- fsnotify.Event{Name: "/nowhere", Op: fsnotify.Chmod}
	}
}

func TestEventsAreDebounced(t *testing.T) {
	f := newFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	fe := f.followFake(nil)
	event := func() { fe.events <- fsnotify.Event{Name: f.path("a.yaml"), Op: fsnotify.Write}; fe.sync() }
	quiet := fe.count()
	event()
	fe.step(debounceQuiet - time.Millisecond)
	fe.sync()
	if fe.count() != quiet {
		t.Error("read before the events ceased")
	}
	fe.step(time.Millisecond)
	fe.until("a read", func(*Snapshot) bool { return fe.count() == quiet+1 })
	// Events that do not cease put it off for a second and no more.
	steps := 0
	for event(); fe.count() == quiet+1 && steps < 30; steps++ {
		fe.step(debounceQuiet / 2)
		event()
	}
	if got := time.Duration(steps) * debounceQuiet / 2; got < debounceMax-debounceQuiet || got > debounceMax+debounceQuiet {
		t.Errorf("put off for %v", got)
	}
	// What is no manifest's business makes no read.
	before := fe.count()
	fe.step(debounceMax)
	fe.sync()
	after := fe.count()
	fe.events <- fsnotify.Event{Name: f.path(".a.yaml.swp"), Op: fsnotify.Write}
	fe.events <- fsnotify.Event{Name: f.path("a.yaml"), Op: fsnotify.Chmod}
	fe.sync()
	fe.step(debounceMax)
	fe.sync()
	if fe.count() != after {
		t.Errorf("%d, then %d, then %d reads", before, after, fe.count())
	}
}

func TestRescan(t *testing.T) {
	f := newLiveFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	fl := f.follow(withSourceClock(clocktesting.NewFakeClock(time.Now()))) // No event is due before its clock moves.
	f.write("a.yaml", doc("shop", "node:22"))
	fl.untilRead()
	fl.await("shop=node:22")
}

func TestOwnReadsMakeNoEvents(t *testing.T) {
	f := newLiveFixture(t)
	f.write("a.yaml", doc("shop", "node:20"))
	clk := clocktesting.NewFakeClock(time.Now())
	fl := f.follow(withSourceClock(clk))
	before := fl.count()
	for range 5 {
		fl.untilRead()
		clk.Step(debounceMax) // Any event would be due now.
	}
	if got := fl.count(); got != before+5 {
		t.Errorf("%d reads for 5 requests", got-before)
	}
}
