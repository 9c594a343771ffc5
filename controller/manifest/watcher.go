package manifest

import (
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// notifier is what is used of fsnotify.
type notifier interface {
	Add(path string) error
	Remove(path string) error
	WatchList() []string
	Close() error
}

// watcher keeps fsnotify's watches on the directories of a watchSet. It belongs to one goroutine.
type watcher struct {
	// fs is nil, and so are its channels, where this system gives us no watches at all.
	fs     notifier
	events <-chan fsnotify.Event
	errors <-chan error
	log    *slog.Logger
	set    *watchSet
	// on is what each watched path was when the watch was set: another directory of that name needs another watch.
	on map[string]fileID
	// blind says that some directory is not watched for want of watches.
	blind, told bool
}

func newWatcher(log *slog.Logger) *watcher {
	w := &watcher{log: log, on: map[string]fileID{}, set: &watchSet{}}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		w.lost(err)
		return w
	}
	w.fs, w.events, w.errors = fs, fs.Events, fs.Errors
	return w
}

func (w *watcher) lost(err error) {
	w.blind = true
	if !w.told {
		w.told = true
		w.log.Warn("watch manifests: reading the directory every few seconds instead, because the system gives no more watches "+
			"(on Linux raise fs.inotify.max_user_watches and max_user_instances)", "error", err)
	}
}

func (w *watcher) close() {
	if w.fs != nil {
		_ = w.fs.Close() // Nothing can be done about it, and nothing is lost.
	}
}

// sync watches what is in set and nothing else. It reports whether a watch was added: what happened there since the last
// read was not seen.
func (w *watcher) sync(set *watchSet) bool {
	w.set = set
	if w.fs == nil {
		return false
	}
	alive := make(map[string]bool, len(w.on))
	for _, path := range w.fs.WatchList() {
		alive[path] = true
	}
	w.blind = false
	added := false
	for path := range set.dirs {
		st, err := statPath(path)
		id, watched := w.on[path]
		if err == nil && st.isDir() && watched && id == st.id && alive[path] {
			continue
		}
		w.drop(path)
		if err != nil || !st.isDir() {
			continue
		}
		switch err := w.fs.Add(path); {
		case err == nil:
			w.on[path] = st.id
			added = true
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
			w.lost(err)
		default:
			// It is gone, or not ours to read: then the loader says so.
		}
	}
	for path := range w.on {
		if !set.dirs[path] {
			w.drop(path)
		}
	}
	if !w.blind {
		w.told = false
	}
	return added
}

func (w *watcher) drop(path string) {
	if _, ok := w.on[path]; ok {
		delete(w.on, path)
		_ = w.fs.Remove(path) // The kernel may have dropped it first.
	}
}

// relevant says whether an event may be news. In doubt it is: a read that finds nothing is cheap.
func (w *watcher) relevant(e fsnotify.Event, permissions bool) bool {
	if e.Op == fsnotify.Chmod && !permissions {
		return false
	}
	dir, name := filepath.Split(e.Name)
	switch {
	case w.set.names[name], w.set.dirs[e.Name]:
		return true
	case w.set.entries[name] && (e.Has(fsnotify.Create) || e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)):
		return true
	case !w.set.tree[filepath.Clean(dir)] || ignoredName(name):
		return false
	case e.Has(fsnotify.Create), e.Has(fsnotify.Remove), e.Has(fsnotify.Rename):
		// It may be a directory.
		return true
	}
	return manifestName(name)
}
