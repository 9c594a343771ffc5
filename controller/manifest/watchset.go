package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// watchSet is where a change can concern the loader. All directories are named without symlinks, so that none is
// watched under two names.
type watchSet struct {
	// dirs are the watched directories. Those in tree contain manifests; in the others only names count.
	dirs, tree map[string]bool
	// names of files that count in every directory: the elements of the paths to what is read.
	names map[string]bool
	// entries are such names for what is only mounted. A new file of that name counts, a change of its content does
	// not.
	entries map[string]bool
	links   map[string]link
}

// link is what one element of a path leads to.
type link struct {
	target string
	exists bool
}

// watches returns what to watch after the last Load.
func (l *Loader) watches() *watchSet {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &watchSet{
		dirs: map[string]bool{}, tree: map[string]bool{}, names: map[string]bool{}, entries: map[string]bool{},
		links: map[string]link{},
	}
	w.follow(l.dir)
	if l.tree.listing != nil {
		for _, d := range l.tree.listing.dirs {
			w.dirs[d.real], w.tree[d.real] = true, true
			if !stat.Below(d.abs, l.dir) || d.abs != d.real {
				w.follow(d.abs)
			}
		}
		for _, e := range l.tree.listing.files {
			if e.link {
				w.follow(e.abs)
			}
		}
		for _, x := range l.tree.listing.faults {
			w.follow(filepath.Join(l.dir, x.rel))
		}
	}
	for path := range l.resolver.envs {
		w.follow(path)
	}
	for _, ws := range l.merger.workspaces {
		for _, path := range ws.Missing {
			w.follow(path)
		}
		for path := range ws.Hosts {
			w.followInto(path, w.entries)
		}
	}
	for _, r := range l.git.repos {
		w.dirs[hostpath.Resolve(r.Dir)] = true
		for _, name := range gitrepo.WatchNames() {
			w.names[name] = true
		}
	}
	return w
}

// maxLinks is the number of symlinks that the kernel follows in one path.
const maxLinks = 40

// follow adds every element that the kernel resolves for path, including symlinks and the parents of their targets, as
// far as the path exists. If one of them is replaced, the watch on its parent reports it.
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

// step returns what is at a path whose parent contains no symlinks.
func (w *watchSet) step(path string) link {
	if known, ok := w.links[path]; ok {
		return known
	}
	target, err := os.Readlink(path)
	found := link{target: target, exists: err == nil || errors.Is(err, unix.EINVAL) || !errors.Is(err, fs.ErrNotExist) && !stat.Absent(err)}
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
