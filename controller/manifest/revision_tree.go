package manifest

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

// workTree is one git work tree with manifests in it.
type workTree struct {
	repository
	key revisionKey
	// generation counts the keys seen.
	generation int
	// pass of the loader that the rest is of: the files in it, and whether there is something to ask of one of them.
	pass    int
	members []*entry
	due     bool
	// pending is the question under way; slow says that the last one was not answered quickly.
	pending *question
	slow    bool
	// told is the failure that was logged last.
	told string
}

// workTree returns what is known of a repository, up to date; nil for none.
func (l *Loader) workTree(r repository) *workTree {
	if r == (repository{}) {
		return nil
	}
	t := l.revisions.trees[r]
	if t == nil {
		t = &workTree{repository: r}
		l.revisions.trees[r] = t
	}
	if t.pass == l.pass {
		return t
	}
	t.pass, t.members, t.due = l.pass, t.members[:0], false
	if key := r.revisionKey(); t.generation == 0 || key != t.key {
		t.key = key
		t.generation++
	}
	return t
}

// about is the state of a file that git would be asked about now.
func (t *workTree) about(f *file) askedFor {
	return askedFor{tree: t, generation: t.generation, version: f.version, seen: f.seen}
}

// depthAround is larger the nearer the work tree's root is to a path in it, and 0 for a path that is not in it.
func (r repository) depthAround(path string) int {
	if r.root == "/" || r.root != "" && below(path, r.root) {
		return len(r.root)
	}
	return 0
}

// linkTarget is where a symlink to a file leads.
type linkTarget struct {
	id fileID
	// real is the file's path without symlinks, repository what that is in.
	real       string
	repository repository
}

// follow resolves the link anew where it leads to another file than before.
func (t *linkTarget) follow(e *entry) {
	if t.real != "" && t.id == e.st.id {
		return
	}
	t.id, t.real = e.st.id, hostpath.Resolve(e.abs)
	t.repository, _ = repositoryAround(filepath.Dir(t.real))
}

// question is one run of git.
type question struct {
	files []questioned
	// paths of the work tree to look at; dot is all of it.
	paths []string
	done  chan struct{}

	// The answer, once done is closed.
	status *treeStatus
	err    error
	took   time.Duration
}

type questioned struct {
	file    *file
	version int
	// path in the work tree, slash-separated.
	path string
}

// include makes the question cover a file. The paths are few and are directories, whatever the number of files: git
// compares each file that it knows with each of them.
func (q *question) include(root, base, path string) {
	add := filepath.Dir(path)
	if below(path, base) {
		if add = base; !below(base, root) {
			add = root
		}
	}
	if add = relative(root, add); !slices.Contains(q.paths, add) {
		q.paths = append(q.paths, add)
	}
	if len(q.paths) > maxPaths || add == "." {
		q.paths = []string{"."}
	}
}

// maxPaths is from how many directories on the whole work tree is looked at.
const maxPaths = 64

func (q *question) run(r repository, timeout time.Duration) {
	defer close(q.done)
	begun := time.Now()
	q.status, q.err = askGit(r, q.paths, timeout)
	q.took = time.Since(begun)
}

func (q *question) answered() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// relative is a path in the work tree at root, which it is below.
func relative(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return path // It is not below root: then git knows no such file.
	}
	return filepath.ToSlash(rel)
}
