package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

// watchSet is where a change may be news for the loader. All directories are named without symlinks, so that none is
// watched under two names.
type watchSet struct {
	// dirs are to be watched; those in tree hold manifests, of the others only what is in names counts.
	dirs, tree map[string]bool
	// names of files that count wherever they are: the steps on the way to something that is read.
	names map[string]bool
	// entries are such names of what is only mounted: that they mean something else counts, and not what is written to them.
	entries map[string]bool
	links   map[string]link
}

// link is what one step on a path leads to.
type link struct {
	target string
	exists bool
}

// watches says what to watch after the last Load.
func (l *Loader) watches() *watchSet {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &watchSet{dirs: map[string]bool{}, tree: map[string]bool{}, names: map[string]bool{}, entries: map[string]bool{}, links: map[string]link{}}
	w.follow(l.dir)
	if l.listing != nil {
		for _, d := range l.listing.dirs {
			w.dirs[d.real], w.tree[d.real] = true, true
			if !below(d.abs, l.dir) || d.abs != d.real {
				w.follow(d.abs)
			}
		}
		for _, e := range l.listing.files {
			if e.link {
				w.follow(e.abs)
			}
		}
		for _, x := range l.listing.faults {
			w.follow(filepath.Join(l.dir, x.rel))
		}
	}
	for path := range l.envs {
		w.follow(path)
	}
	for _, ws := range l.merged.workspaces {
		for _, path := range ws.Missing {
			w.follow(path)
		}
		for path := range ws.Hosts {
			w.followInto(path, w.entries)
		}
	}
	for _, r := range l.repos {
		w.dirs[hostpath.Resolve(r.dir)] = true
		w.names["HEAD"], w.names[".git"] = true, true
		for _, name := range gitLocks {
			w.names[name] = true
		}
		for _, op := range operations {
			w.names[op.top()] = true
		}
	}
	return w
}

// maxLinks is the kernel's bound on symlinks in one path.
const maxLinks = 40

// follow adds every step that the kernel takes on the way to path, symlinks and their targets' parents included, as far as
// the path exists: whichever of them is replaced, the watch on its parent says so.
func (w *watchSet) follow(path string) { w.followInto(path, w.names) }

func (w *watchSet) followInto(path string, names map[string]bool) {
	at, rest, links := "/", split(path), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = filepath.Dir(at)
			continue
		}
		w.dirs[at], names[name] = true, true
		next := w.step(filepath.Join(at, name))
		switch {
		case !next.exists:
			return
		case next.target == "":
			at = filepath.Join(at, name)
			continue
		}
		if links++; links > maxLinks {
			return
		}
		if filepath.IsAbs(next.target) {
			at = "/"
		}
		rest = append(split(next.target), rest...)
	}
}

// step says what is at a path whose parent has no symlinks in it.
func (w *watchSet) step(path string) link {
	if known, ok := w.links[path]; ok {
		return known
	}
	target, err := os.Readlink(path)
	found := link{target: target, exists: err == nil || errors.Is(err, unix.EINVAL) || !errors.Is(err, fs.ErrNotExist) && !absent(err)}
	w.links[path] = found
	return found
}

func split(path string) []string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	return parts
}
