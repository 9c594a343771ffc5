package manifest

import (
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Loader reads a directory of manifests into Snapshots. Between calls it remembers the last valid state of each file
// and of each workspace, and it reads only changed files again. It is safe for concurrent use.
type Loader struct {
	dir    string
	clock  clock.PassiveClock
	log    *slog.Logger
	settle time.Duration
	known  func() []string

	mu       sync.Mutex
	tree     tree
	resolver resolver
	merger   merger
	guard    guard
	git      gitState
	// loaded is set after the first read.
	loaded bool
	// during is called between the listing and the reading of the files, by tests.
	during func()
}

// maxAttempts limits how often a directory is read again because it changes during the read.
const maxAttempts = 4

// NewLoader returns a loader for a directory, which need not exist. A relative path is resolved now.
func NewLoader(dir string, opts ...Option) *Loader {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	l := &Loader{dir: filepath.Clean(dir)}
	l.setDefaults()
	for _, opt := range opts {
		opt(l)
	}
	return l
}

// Load reads the directory. It never fails: the snapshot's Problems and Holds report what cannot be read. A workspace
// that did not change since the last call is the same pointer.
func (l *Loader) Load() *Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.known()
	r, holds := l.readStable(known)
	l.loaded = true
	if l.tree.err == nil && !l.guard.replaced && l.git.revise(&l.tree) {
		l.tree.changed = true
	}
	before := l.merger.existing(known)
	l.merger.merge(&l.tree)
	if l.merger.undecided {
		r.retryIn(time.Second)
	}
	if l.tree.moved {
		holds = append(holds, Hold{Reason: HoldMoved, Message: "removals wait until " + l.dir +
			" is read once more: it was replaced while it was read"})
		r.retryIn(busyPoll)
	}
	holds = append(l.guard.check(&l.tree, l.merger.merged, before, r), holds...)
	holds = append(holds, l.merger.holds...)
	l.merger.forget(len(holds) > 0)
	for i := range holds {
		holds[i].Message = printable.Line(holds[i].Message)
	}
	return &Snapshot{
		Dir: l.dir, Began: r.now, Time: l.clock.Now(),
		Workspaces: l.merger.workspaces, Problems: l.merger.problems, Holds: holds,
		Unsettled: l.unsettled(r.now), RetryAfter: r.retry, Identity: l.guard.identity.String(),
	}
}

// readStable reads the directory until nothing changes during the read. It returns the last read and the reasons to
// hold removals that it found.
func (l *Loader) readStable(known []string) (r *reading, holds []Hold) {
	l.tree.moved = false
	defined := map[string][]string{}
	for _, name := range known {
		if file := l.merger.currentFile(name); file != "" {
			defined[file] = append(defined[file], name)
		}
	}
	locked := false
	for attempt := 1; ; attempt++ {
		r = &reading{now: l.clock.Now(), settle: l.settle, first: !l.loaded, defined: defined}
		l.git.find(&l.tree)
		repos, stamps := l.git.repos, l.git.stamps()
		holds, locked = l.git.holds()
		stable := l.read(r)
		// A git operation may have begun, or begun and ended, during the read.
		if l.git.find(&l.tree); stable && slices.Equal(repos, l.git.repos) && slices.Equal(stamps, l.git.stamps()) {
			break
		}
		if attempt == maxAttempts {
			holds = append(holds, Hold{Reason: HoldHalfWritten, Message: "removals wait until " + l.dir +
				" stops changing while it is read"})
			r.retryIn(busyPoll)
			break
		}
	}
	after, lockedAfter := l.git.holds()
	for _, h := range after {
		if !slices.Contains(holds, h) {
			holds = append(holds, h)
		}
	}
	if locked || lockedAfter {
		r.retryIn(lockPoll)
	}
	return r, holds
}

// read lists the directory and brings all files up to date. It reports whether it read the state of one moment.
func (l *Loader) read(r *reading) bool {
	ls, err := l.tree.list()
	if err != nil {
		// The known files remain.
		l.tree.changed = l.resolver.resolveAll(l.tree.order, r) || l.tree.changed
		return true
	}
	if l.during != nil {
		l.during()
	}
	if l.guard.replaced = l.guard.isReplacement(&l.tree); !l.guard.replaced {
		l.tree.adopt(ls, r)
	}
	l.tree.changed = l.resolver.resolveAll(l.tree.order, r) || l.tree.changed
	if st, err := stat.Path(l.dir); err != nil || st.ID != ls.dirs[0].st.ID {
		l.tree.moved = true
	}
	return !r.vanished && ls.stands()
}

// AllowEmpty accepts the directory as it is, even if it has no workspace or replaced another directory. The acceptance
// ends when the directory has a workspace again.
func (l *Loader) AllowEmpty() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.guard.accepted = true
}
