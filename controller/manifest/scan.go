package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// listing is the content of the directory at one moment.
type listing struct {
	// files of manifest names, sorted by rel.
	files []entry
	dirs  []directory
	// faults are directories, or symlinks that may lead to one, that cannot be listed. Sorted by rel.
	faults []fault
	// vanished is set if something disappeared during the listing, so that it is not the state of one moment.
	vanished bool
}

type entry struct {
	// rel is slash-separated and relative to the root. abs is the path by which the file was reached.
	rel, abs string
	st       stat.Stamp
	link     bool
	// dir is the index of its directory in the listing.
	dir int
	// err is set if the file cannot be read, for example because it is a dangling symlink.
	err error
}

type directory struct {
	rel, abs string
	// real is abs without symlinks.
	real string
	st   stat.Stamp
	// repository is set if it contains .git.
	repository bool
}

type fault struct{ rel, message string }

var (
	errDangling     = errors.New("the symlink's target does not exist")
	errNotRegular   = errors.New("this is not a regular file")
	errNotDirectory = errors.New("this is not a directory")
)

// scan lists the manifests under root. It fails only if root itself cannot be listed.
func scan(root string) (*listing, error) {
	st, err := stat.Path(root)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, errNotDirectory
	}
	w := &walker{listing: &listing{}, visited: map[stat.ID]bool{}, real: map[stat.ID]bool{}}
	resolved := hostpath.Resolve(root)
	// A symlink to an ancestor of the root contains the root: it is a loop.
	for dir := filepath.Dir(resolved); ; dir = filepath.Dir(dir) {
		if st, err := stat.Path(dir); err == nil {
			w.visited[st.ID] = true
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	delete(w.visited, st.ID)
	if err := w.walk(directory{rel: "", abs: root, real: resolved, st: st}); err != nil {
		return nil, err
	}
	// Symlinks come last, so that a directory that is reached twice has its real name.
	for len(w.links) > 0 {
		d := w.links[0]
		w.links = w.links[1:]
		d.real = hostpath.Resolve(d.abs)
		if err := w.walk(d); err != nil {
			w.fault(d.rel, err)
		}
	}
	w.finish()
	return w.listing, nil
}

type walker struct {
	*listing
	visited map[stat.ID]bool
	// real are the files that are not symlinks themselves.
	real  map[stat.ID]bool
	links []directory
}

func (w *walker) fault(rel string, err error) {
	w.faults = append(w.faults, fault{rel: rel, message: stat.Cause(err).Error()})
}

func (w *walker) walk(d directory) error {
	if w.visited[d.st.ID] {
		return nil
	}
	w.visited[d.st.ID] = true
	f, err := os.Open(d.abs)
	if err != nil {
		return err
	}
	names, err := f.ReadDir(-1)
	if st, statErr := stat.FD(f.Fd()); statErr != nil || st.ID != d.st.ID {
		w.vanished = true // Another directory took its place.
	}
	_ = f.Close()
	if err != nil {
		return err
	}
	slices.SortFunc(names, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	at := len(w.dirs)
	w.dirs = append(w.dirs, d)
	for _, e := range names {
		if e.Name() == ".git" {
			w.dirs[at].repository = true
		}
		if !ignoredName(e.Name()) && (!e.Type().IsRegular() || manifestName(e.Name())) {
			w.visit(d, at, e)
		}
	}
	return nil
}

func (w *walker) visit(d directory, at int, e fs.DirEntry) {
	name := e.Name()
	f := entry{rel: path.Join(d.rel, name), abs: d.abs + "/" + name, link: e.Type()&fs.ModeSymlink != 0, dir: at}
	f.st, f.err = stat.Path(f.abs)
	switch {
	case f.err == nil && f.st.IsDir():
		sub := directory{rel: f.rel, abs: f.abs, real: d.real + "/" + name, st: f.st}
		if f.link {
			w.links = append(w.links, sub)
		} else if err := w.walk(sub); stat.Absent(err) {
			w.vanished = true
		} else if err != nil {
			w.fault(f.rel, err)
		}
		return
	case stat.Absent(f.err) && !f.link:
		w.vanished = true
		return
	case stat.Absent(f.err):
		if _, err := os.Lstat(f.abs); stat.Absent(err) {
			w.vanished = true
			return
		}
		f.err = errDangling
	case f.err == nil && !f.st.IsRegular():
		f.err = errNotRegular
	}
	switch {
	case manifestName(name):
		if f.err == nil && !f.link {
			w.real[f.st.ID] = true
		}
		w.files = append(w.files, f)
	case f.link && errors.Is(f.err, errDangling) && filepath.Ext(name) == "":
		// It may be a directory of manifests whose file system is not mounted.
		w.fault(f.rel, f.err)
	case f.err != nil && !errors.Is(f.err, errDangling) && !errors.Is(f.err, errNotRegular) && !errors.Is(f.err, unix.ELOOP):
		w.fault(f.rel, f.err)
	}
}

// finish sorts the listing, and drops symlinks to files that are also in the tree under another name.
func (w *walker) finish() {
	slices.SortFunc(w.files, func(a, b entry) int { return strings.Compare(a.rel, b.rel) })
	slices.SortFunc(w.faults, func(a, b fault) int { return strings.Compare(a.rel, b.rel) })
	w.files = slices.DeleteFunc(w.files, func(f entry) bool {
		if f.err != nil || !f.link {
			return false
		}
		seen := w.real[f.st.ID]
		w.real[f.st.ID] = true
		return seen
	})
}

// stands reports whether no directory has changed since it was listed.
func (l *listing) stands() bool {
	if l.vanished {
		return false
	}
	for _, d := range l.dirs {
		if st, err := stat.Path(d.abs); err != nil || st != d.st {
			return false
		}
	}
	return true
}
