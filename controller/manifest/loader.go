package manifest

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Loader reads a directory of manifests into Snapshots. It remembers the last good state of each file and each workspace
// between calls, and re-reads only what changed. It is safe for concurrent use.
type Loader struct {
	dir      string
	clock    clock.PassiveClock
	settle   time.Duration
	home     string
	sockets  []string
	inForce  func(string) string
	identity string
	trusted  bool

	mu sync.Mutex
	// pass counts reads of the files.
	pass  int
	files map[string]*file
	order []*file
	envs  map[string]*envFile
	// faults are of directories, in the last complete listing.
	faults []fault
	// rootErr says why the directory itself could not be listed in the last read.
	rootErr error
	// replaced says that the last read found an empty directory in the place of one that held manifests.
	replaced bool
	listing  *listing
	repos    []repository
	// dirty says that something changed since merged was made.
	dirty  bool
	merged merged
	memory map[string]remembered

	revisions revisions
	loaded    bool
}

// maxAttempts bounds the re-reads of a directory that changes while it is read.
const maxAttempts = 4

// NewLoader returns a loader for a directory, which need not exist. A relative path is resolved now.
func NewLoader(dir string, opts ...Option) *Loader {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	l := &Loader{
		dir: filepath.Clean(dir), files: map[string]*file{}, envs: map[string]*envFile{},
		memory: map[string]remembered{}, dirty: true,
	}
	l.setDefaults()
	for _, opt := range opts {
		opt(l)
	}
	return l
}

// Load reads the directory. It never fails: what cannot be read is in the snapshot's Problems and Holds. Workspaces that
// did not change since the last call are the same pointers.
func (l *Loader) Load() *Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	var r *reading
	var holds []Hold
	for attempt := 1; ; attempt++ {
		r = &reading{now: l.clock.Now(), settle: l.settle, first: !l.loaded}
		l.repos = l.repositories()
		before := l.gitStamps()
		holds = l.gitHolds()
		stands := l.read(r)
		// An operation may have begun, or run from beginning to end, while we read.
		if repos := l.repositories(); slices.Equal(repos, l.repos) && slices.Equal(before, l.gitStamps()) && stands {
			break
		}
		if attempt == maxAttempts {
			holds = append(holds, Hold{HoldHalfWritten, "removals wait until " + l.dir + " stops changing while it is read"})
			r.retryIn(busyPoll)
			break
		}
	}
	l.repos = l.repositories()
	for _, h := range l.gitHolds() {
		if !slices.Contains(holds, h) {
			holds = append(holds, h)
		}
	}
	if slices.ContainsFunc(holds, isIndexLock) {
		r.retryIn(time.Second)
	}
	l.loaded = true
	l.revise()
	l.merge()
	holds = append(l.directoryHolds(), holds...)
	holds = append(holds, l.merged.holds...)
	l.forget(len(holds) > 0)
	return &Snapshot{
		Dir: l.dir, Time: l.clock.Now(), Workspaces: l.merged.workspaces, Problems: l.merged.problems, Holds: holds,
		RetryAfter: r.retry, Identity: l.identity,
	}
}

// read lists the directory and brings all files up to date. It reports whether what was read is a picture of one moment.
func (l *Loader) read(r *reading) bool {
	l.pass++
	ls, err := scan(l.dir)
	l.rootErr, l.listing = err, ls
	if err != nil {
		// Everything known stays: nothing was learned.
		l.resolveAll(r)
		return true
	}
	known, identity := len(ls.files) > 0, ls.dirs[0].st.id.String()
	l.replaced = !known && len(ls.faults) == 0 && identity != l.identity
	if l.replaced && l.trusted {
		l.replaced, known = false, true
	}
	if known {
		l.identity = identity
	}
	if l.replaced {
		l.resolveAll(r)
		return ls.stands()
	}
	l.adopt(ls, r)
	l.resolveAll(r)
	return !r.vanished && ls.stands()
}

// adopt makes the listing's files the known ones. A file that is absent is forgotten, unless a directory that could not be
// read may still hold it.
func (l *Loader) adopt(ls *listing, r *reading) {
	if !slices.Equal(l.faults, ls.faults) {
		l.faults, l.dirty = ls.faults, true
	}
	present := make(map[string]bool, len(ls.files))
	for _, e := range ls.files {
		present[e.rel] = true
		f := l.files[e.rel]
		if f == nil {
			f = newFile(e.rel, e.abs)
			l.files[e.rel] = f
			l.order, l.dirty = nil, true
		}
		if f.update(e, r) {
			l.dirty = true
		}
	}
	for rel, f := range l.files {
		if present[rel] {
			continue
		}
		i := slices.IndexFunc(ls.faults, func(x fault) bool { return below(rel, x.rel) })
		if i < 0 && !ls.vanished {
			delete(l.files, rel)
			l.order, l.dirty = nil, true
		} else if i >= 0 && f.unreadable(errInUnreadable) {
			l.dirty = true
		}
	}
	if l.order == nil {
		l.order = make([]*file, 0, len(l.files))
		for _, f := range l.files {
			l.order = append(l.order, f)
		}
		slices.SortFunc(l.order, func(a, b *file) int { return strings.Compare(a.rel, b.rel) })
	}
}

func (l *Loader) resolveAll(r *reading) {
	for _, f := range l.order {
		for _, c := range f.claims {
			if l.resolve(c, r) {
				l.dirty = true
			}
		}
	}
	// What no claim asked for in this pass is used by none.
	maps.DeleteFunc(l.envs, func(_ string, e *envFile) bool { return e.pass != l.pass })
}
