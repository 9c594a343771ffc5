package manifest

import (
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// notifier is the part of fsnotify that is used.
type notifier interface {
	Add(path string) error
	Remove(path string) error
	WatchList() []string
	Close() error
}

// watcher maintains fsnotify's watches on the directories of a watchSet. One goroutine uses it.
type watcher struct {
	// fs and its channels are nil if the system provides no watches at all.
	fs     notifier
	events <-chan fsnotify.Event
	errors <-chan error
	log    *slog.Logger
	set    *watchSet
	// on is the directory at each watched path when the watch was set. Another directory at that path needs another
	// watch.
	on map[string]stat.ID
	// blind is set if a directory is not watched because the system has no more watches, logged if that was logged.
	blind, logged bool
}

func newWatcher(log *slog.Logger) *watcher {
	w := &watcher{log: log, on: map[string]stat.ID{}, set: &watchSet{}}
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
	if !w.logged {
		w.logged = true
		w.log.Warn("watch manifests: reading the directory every few seconds instead, because the system gives no more watches "+
			"(on Linux raise fs.inotify.max_user_watches and max_user_instances)", "error", err)
	}
}

func (w *watcher) close() {
	if w.fs != nil {
		_ = w.fs.Close()
	}
}

// sync watches exactly the directories in set. It reports whether it added a watch: a change there since the last read
// caused no event.
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
		st, err := stat.Path(path)
		id, watched := w.on[path]
		if err == nil && st.IsDir() && watched && id == st.ID && alive[path] {
			continue
		}
		w.drop(path)
		if err != nil || !st.IsDir() {
			continue
		}
		switch err := w.fs.Add(path); {
		case err == nil:
			w.on[path] = st.ID
			added = true
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
			w.lost(err)
		default:
			// It is gone, or cannot be read. The loader reports that.
		}
	}
	for path := range w.on {
		if !set.dirs[path] {
			w.drop(path)
		}
	}
	if !w.blind {
		w.logged = false
	}
	return added
}

func (w *watcher) drop(path string) {
	if _, ok := w.on[path]; ok {
		delete(w.on, path)
		_ = w.fs.Remove(path) // The kernel may have dropped it first.
	}
}

// relevant reports whether an event can concern the loader. If unsure it returns true: a read without a change is
// cheap.
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
