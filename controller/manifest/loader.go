package manifest

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Loader reads a directory of manifests into Snapshots. It remembers the last good state of each file and each workspace
// between calls, and re-reads only what changed. It is safe for concurrent use.
type Loader struct {
	dir      string
	clock    clock.PassiveClock
	log      *slog.Logger
	settle   time.Duration
	home     string
	sockets  []string
	own      []string
	inForce  func(string) string
	recorded func(string) (Recorded, error)
	known    func() []string
	// identity is the directory that last held a workspace.
	identity identity
	// allowEmpty says that a person vouches for every directory that leaves none, accepted for this one, whatever it was
	// before, until there is a workspace in it.
	allowEmpty, accepted bool
	// trusted says that a person vouches for the directory, but not for what is absent from it.
	trusted bool

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
	// found is the directory of the last read, moved says that it was another one before that read was over.
	found    identity
	moved    bool
	none     noneLeft
	listing  *listing
	repos    []repository
	unmerged unmerged
	// dirty says that something changed since merged was made.
	dirty  bool
	merged merged
	memory map[string]remembered

	revisions revisions
	loaded    bool
	// during is called between the listing and the reading of the files, by tests.
	during func()
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
		memory: map[string]remembered{}, unmerged: unmerged{}, dirty: true,
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
	l.moved = false
	from := map[string][]string{}
	for _, name := range l.known() {
		if file := l.inForce(name); file != "" {
			from[file] = append(from[file], name)
		}
	}
	for attempt := 1; ; attempt++ {
		r = &reading{now: l.clock.Now(), settle: l.settle, first: !l.loaded, from: from}
		l.repos = l.repositories()
		before := l.gitStamps()
		holds = l.gitHolds()
		stands := l.read(r)
		// An operation may have begun, or run from beginning to end, while we read.
		if repos := l.repositories(); slices.Equal(repos, l.repos) && slices.Equal(before, l.gitStamps()) && stands {
			break
		}
		if attempt == maxAttempts {
			holds = append(holds, Hold{Reason: HoldHalfWritten, Message: "removals wait until " + l.dir + " stops changing while it is read"})
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
	if slices.ContainsFunc(holds, Hold.isLock) {
		r.retryIn(lockPoll)
	}
	l.loaded = true
	l.revise()
	before := l.existing()
	l.merge()
	if l.merged.undecided {
		r.retryIn(time.Second)
	}
	if l.moved {
		holds = append(holds, Hold{Reason: HoldMoved, Message: "removals wait until " + l.dir +
			" is read once more: it was replaced while it was read"})
		r.retryIn(busyPoll)
	}
	holds = append(l.guard(r, before), holds...)
	holds = append(holds, l.merged.holds...)
	l.forget(len(holds) > 0)
	for i := range holds {
		holds[i].Message = printable.Line(holds[i].Message)
	}
	return &Snapshot{
		Dir: l.dir, Began: r.now, Time: l.clock.Now(), Workspaces: l.merged.workspaces, Problems: l.merged.problems, Holds: holds,
		Unsettled: l.unsettled(r.now), RetryAfter: r.retry, Identity: l.identity.String(),
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
	l.found = identify(ls.dirs[0].abs, ls.dirs[0].st)
	if l.during != nil {
		l.during()
	}
	l.replaced = len(ls.files) == 0 && len(ls.faults) == 0 && l.found.id != l.identity.id && !l.accepted && !l.trusted
	if !l.replaced {
		l.adopt(ls, r)
	}
	l.resolveAll(r)
	if st, err := statPath(l.dir); err != nil || st.id != ls.dirs[0].st.id {
		l.moved = true
	}
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
