package manifest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"k8s.io/utils/clock"
)

// The times of a Source.
const (
	DefaultResync = 30 * time.Second
	// debounceQuiet is how long events must have stopped before the directory is read. debounceMax limits this delay.
	debounceQuiet = 100 * time.Millisecond
	debounceMax   = time.Second
	// blindResync replaces the resync if a directory cannot be watched.
	blindResync = 2 * time.Second
)

// Source reads a directory repeatedly: after each event that may concern it, and after the resync time in any case.
type Source struct {
	loader *Loader
	clock  clock.Clock
	resync time.Duration

	newWatcher func(*slog.Logger) *watcher

	wake chan struct{}
}

// SourceOption of a Source.
type SourceOption func(*Source)

// WithResync sets how often the directory is read without an event; the default is DefaultResync.
func WithResync(d time.Duration) SourceOption { return func(s *Source) { s.resync = d } }

// NewSource returns a source of the loader's snapshots.
func NewSource(loader *Loader, opts ...SourceOption) *Source {
	s := &Source{
		loader: loader, clock: clock.RealClock{}, resync: DefaultResync, newWatcher: newWatcher,
		wake: make(chan struct{}, 1),
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Rescan requests a read soon. Several calls may share one.
func (s *Source) Rescan() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// AllowEmpty calls the loader's AllowEmpty.
func (s *Source) AllowEmpty() { s.loader.AllowEmpty() }

// Run delivers a snapshot at once, and then after each read of the directory. It also delivers a snapshot that equals
// the previous one: it confirms what is absent. Run returns ctx's error when ctx ends, and does not end otherwise. It
// must be called only once. All calls of deliver are on one goroutine; no read takes place during a call.
func (s *Source) Run(ctx context.Context, deliver func(*Snapshot)) error {
	w := s.newWatcher(s.loader.log)
	defer w.close()
	next := s.read(w, deliver)
	var pending debounce
	for ctx.Err() == nil {
		due := next.at
		if at, ok := pending.due(); ok && at.Before(due) {
			due = at
		}
		if s.wait(ctx, w, due, &pending, next.permissions) {
			pending = debounce{}
			next = s.read(w, deliver)
		}
	}
	return ctx.Err()
}

// wait waits for one event of any kind. It reports whether to read now.
func (s *Source) wait(ctx context.Context, w *watcher, due time.Time, pending *debounce, permissions bool) bool {
	left := due.Sub(s.clock.Now())
	if left <= 0 {
		return true
	}
	timer := s.clock.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
		return true
	case <-timer.C():
		return true
	case <-s.loader.git.late():
		return true
	case e, ok := <-w.events:
		if ok && w.relevant(e, permissions) {
			pending.event(s.clock.Now())
		}
	case err := <-w.errors:
		if err != nil && !errors.Is(err, fsnotify.ErrEventOverflow) {
			s.loader.log.Warn("watch manifests: reading the whole directory, because an event may be lost", "error", err)
		}
		// It is unknown which events were lost, so the whole directory is read. An overflow comes with many events:
		// debounce.
		pending.event(s.clock.Now())
	}
	return false
}

// schedule is when to read next.
type schedule struct {
	at time.Time
	// permissions is set if a changed file mode is a reason to read.
	permissions bool
}

// maxSettling limits how often a read is repeated because new directories are watched.
const maxSettling = 3

func (s *Source) read(w *watcher, deliver func(*Snapshot)) schedule {
	snap := s.loader.Load()
	added := w.sync(s.loader.watches())
	for i := 1; added && i < maxSettling; i++ {
		snap = s.loader.Load()
		added = w.sync(s.loader.watches())
	}
	deliver(snap)
	wait := s.resync
	if w.blind {
		wait = min(wait, blindResync)
	}
	if added {
		wait = min(wait, debounceQuiet)
	}
	if snap.RetryAfter > 0 {
		wait = min(wait, snap.RetryAfter)
	}
	return schedule{
		at:          s.clock.Now().Add(wait),
		permissions: slices.ContainsFunc(snap.Holds, func(h Hold) bool { return h.Reason == HoldUnreadable }) || len(snap.Problems) > 0,
	}
}

// debounce collects events until they stop.
type debounce struct{ first, last time.Time }

func (d *debounce) event(now time.Time) {
	if d.first.IsZero() {
		d.first = now
	}
	d.last = now
}

func (d *debounce) due() (time.Time, bool) {
	at := d.last.Add(debounceQuiet)
	if limit := d.first.Add(debounceMax); limit.Before(at) {
		at = limit
	}
	return at, !d.first.IsZero()
}
