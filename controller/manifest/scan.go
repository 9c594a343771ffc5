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
)

// listing is what the directory holds at one moment.
type listing struct {
	// files of manifest names, sorted by rel.
	files []entry
	dirs  []directory
	// faults are directories, or links that could lead to one, that could not be looked into. Sorted by rel.
	faults []fault
	// vanished says that something was gone between two looks at it: this is no picture of one moment.
	vanished bool
}

type entry struct {
	// rel is slash-separated and relative to the root, abs as the file was reached.
	rel, abs string
	st       stamp
	link     bool
	// dir is the index of its directory in the listing.
	dir int
	// err says why the file cannot be read, such as a dangling symlink.
	err error
}

type directory struct {
	rel, abs string
	// real is abs without symlinks.
	real string
	st   stamp
	// repository says that a .git is in it.
	repository bool
}

type fault struct{ rel, message string }

var (
	errDangling     = errors.New("the symlink's target does not exist")
	errNotRegular   = errors.New("this is no regular file")
	errNotDirectory = errors.New("this is no directory")
)

// scan lists the manifests under root. It errs only where root itself cannot be listed.
func scan(root string) (*listing, error) {
	st, err := statPath(root)
	if err != nil {
		return nil, err
	}
	if !st.isDir() {
		return nil, errNotDirectory
	}
	w := &walker{listing: &listing{}, visited: map[fileID]bool{}, real: map[fileID]bool{}}
	resolved := hostpath.Resolve(root)
	// A link to an ancestor of the root contains the root: it is a loop.
	for dir := filepath.Dir(resolved); ; dir = filepath.Dir(dir) {
		if st, err := statPath(dir); err == nil {
			w.visited[st.id] = true
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	delete(w.visited, st.id)
	if err := w.walk(directory{rel: "", abs: root, real: resolved, st: st}); err != nil {
		return nil, err
	}
	// Links come last, so that a directory that is reached twice goes by its real name.
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
	visited map[fileID]bool
	// real are the files that were reached without following a link of their own.
	real  map[fileID]bool
	links []directory
}

func (w *walker) fault(rel string, err error) {
	w.faults = append(w.faults, fault{rel: rel, message: cause(err).Error()})
}

func (w *walker) walk(d directory) error {
	if w.visited[d.st.id] {
		return nil
	}
	w.visited[d.st.id] = true
	f, err := os.Open(d.abs)
	if err != nil {
		return err
	}
	names, err := f.ReadDir(-1)
	if st, statErr := statFD(f.Fd()); statErr != nil || st.id != d.st.id {
		w.vanished = true // Another directory took its place since it was looked at.
	}
	_ = f.Close() // Nothing was written.
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
	f.st, f.err = statPath(f.abs)
	switch {
	case f.err == nil && f.st.isDir():
		sub := directory{rel: f.rel, abs: f.abs, real: d.real + "/" + name, st: f.st}
		if f.link {
			w.links = append(w.links, sub)
		} else if err := w.walk(sub); absent(err) {
			w.vanished = true
		} else if err != nil {
			w.fault(f.rel, err)
		}
		return
	case absent(f.err) && !f.link:
		w.vanished = true
		return
	case absent(f.err):
		if _, err := os.Lstat(f.abs); absent(err) {
			w.vanished = true
			return
		}
		f.err = errDangling
	case f.err == nil && !f.st.isRegular():
		f.err = errNotRegular
	}
	switch {
	case manifestName(name):
		if f.err == nil && !f.link {
			w.real[f.st.id] = true
		}
		w.files = append(w.files, f)
	case f.link && errors.Is(f.err, errDangling) && filepath.Ext(name) == "":
		// It may be a directory of manifests whose file system is not mounted now.
		w.fault(f.rel, f.err)
	case f.err != nil && !errors.Is(f.err, errDangling) && !errors.Is(f.err, errNotRegular) && !errors.Is(f.err, unix.ELOOP):
		w.fault(f.rel, f.err)
	}
}

// finish sorts, and drops links to files that are in the tree under another name already.
func (w *walker) finish() {
	slices.SortFunc(w.files, func(a, b entry) int { return strings.Compare(a.rel, b.rel) })
	slices.SortFunc(w.faults, func(a, b fault) int { return strings.Compare(a.rel, b.rel) })
	w.files = slices.DeleteFunc(w.files, func(f entry) bool {
		if f.err != nil || !f.link {
			return false
		}
		seen := w.real[f.st.id]
		w.real[f.st.id] = true
		return seen
	})
}

// stands says whether no directory changed since it was listed.
func (l *listing) stands() bool {
	if l.vanished {
		return false
	}
	for _, d := range l.dirs {
		if st, err := statPath(d.abs); err != nil || st != d.st {
			return false
		}
	}
	return true
}

// below says whether rel is dir or in it. The root's rel is empty.
func below(rel, dir string) bool {
	return dir == "" || rel == dir || strings.HasPrefix(rel, dir+"/")
}
