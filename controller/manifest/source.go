package manifest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"k8s.io/utils/clock"
)

// The times of a Source.
const (
	DefaultResync = 30 * time.Second
	// debounceQuiet is how long events must have ceased before the directory is read, debounceMax how long that may be put off.
	debounceQuiet = 100 * time.Millisecond
	debounceMax   = time.Second
	// blindResync replaces the resync where directories cannot be watched.
	blindResync = 2 * time.Second
)

// ErrStopped is the error of RescanAndWait on a Source whose Run is over.
var ErrStopped = errors.New("watch manifests: stopped")

// Source reads a directory again and again: whenever something seems to have happened, and now and then in any case.
type Source struct {
	loader *Loader
	clock  clock.Clock
	resync time.Duration
	log    *slog.Logger

	newWatcher func(*slog.Logger) *watcher

	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	waiters []chan *Snapshot
}

// SourceOption of a Source.
type SourceOption func(*Source)

// WithResync sets how often the directory is read where no event comes; the default is DefaultResync.
func WithResync(d time.Duration) SourceOption { return func(s *Source) { s.resync = d } }

// WithSourceClock replaces the system's clock.
func WithSourceClock(c clock.Clock) SourceOption { return func(s *Source) { s.clock = c } }

// WithLogger sets where trouble with watching is reported; the default is slog.Default.
func WithLogger(log *slog.Logger) SourceOption { return func(s *Source) { s.log = log } }

// NewSource returns a source of the loader's snapshots.
func NewSource(loader *Loader, opts ...SourceOption) *Source {
	s := &Source{
		loader: loader, clock: clock.RealClock{}, resync: DefaultResync, log: slog.Default(),
		newWatcher: newWatcher,
		wake:       make(chan struct{}, 1), done: make(chan struct{}),
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Rescan asks for a read soon. Several calls may share one.
func (s *Source) Rescan() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// AllowEmpty is the loader's.
func (s *Source) AllowEmpty() { s.loader.AllowEmpty() }

// RescanAndWait asks for a read that begins after the call, and returns its snapshot after it was delivered. It errs when
// ctx ends, and with ErrStopped when Run does.
func (s *Source) RescanAndWait(ctx context.Context) (*Snapshot, error) {
	waiter := make(chan *Snapshot, 1)
	s.mu.Lock()
	s.waiters = append(s.waiters, waiter)
	s.mu.Unlock()
	s.Rescan()
	select {
	case snap := <-waiter:
		return snap, nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waiters = slices.DeleteFunc(s.waiters, func(w chan *Snapshot) bool { return w == waiter })
		return nil, ctx.Err()
	case <-s.done:
		return nil, ErrStopped
	}
}

// Run delivers a snapshot at once, and then whenever the directory was read again, changed or not: a snapshot that says the
// same confirms what is absent. It returns ctx's error when ctx ends; there is no other end. It must be called only once.
// deliver is called from one goroutine; while it runs nothing is read.
func (s *Source) Run(ctx context.Context, deliver func(*Snapshot)) error {
	defer close(s.done)
	w := s.newWatcher(s.log)
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

// wait waits for one thing to happen. It reports whether that is a reason to read now.
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
	case <-s.loader.revisions.late:
		return true
	case e, ok := <-w.events:
		if ok && w.relevant(e, permissions) {
			pending.event(s.clock.Now())
		}
	case err := <-w.errors:
		if err != nil && !errors.Is(err, fsnotify.ErrEventOverflow) {
			s.log.Warn("watch manifests: reading the whole directory, because an event may be lost", "error", err)
		}
		// Which events were lost is not known, so the whole directory is read; debounced, for a storm comes with it.
		pending.event(s.clock.Now())
	}
	return false
}

// schedule is what a read says about the next one.
type schedule struct {
	at time.Time
	// permissions says that a changed mode may be news.
	permissions bool
}

// maxSettling bounds how often a read is repeated because new directories came under watch.
const maxSettling = 3

func (s *Source) read(w *watcher, deliver func(*Snapshot)) schedule {
	s.mu.Lock()
	waiters := s.waiters
	s.waiters = nil
	s.mu.Unlock()
	snap := s.loader.Load()
	added := w.sync(s.loader.watches())
	for i := 1; added && i < maxSettling; i++ {
		snap = s.loader.Load()
		added = w.sync(s.loader.watches())
	}
	deliver(snap)
	for _, waiter := range waiters {
		waiter <- snap
	}
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

// debounce gathers events until they cease.
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
