package gitrepo

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// workTree is a git work tree that contains requested files.
type workTree struct {
	Repository
	key key
	// generation counts the keys.
	generation int
	// round of the tracker that requests and due belong to. due is set if git must run for a request.
	round    int
	requests []*Request
	due      bool
	// pending is the running question. slow is set if git was slow the last time.
	pending *question
	slow    bool
	// failure is the last failure that was logged.
	failure string
}

// state is everything that git's answer about one file depends on.
type state struct {
	tree       *workTree
	generation int
	version    int
	stamp      stat.Stamp
}

func (t *workTree) state(r *Request) state {
	return state{tree: t, generation: t.generation, version: r.Version, stamp: r.Stamp}
}

// begin prepares the work tree for a round.
func (t *workTree) begin(round int) {
	t.round, t.requests, t.due = round, t.requests[:0], false
	if k := t.Repository.key(); t.generation == 0 || k != t.key {
		t.key = k
		t.generation++
	}
}

// ask starts git for the requested files.
func (t *workTree) ask(base string, timeout time.Duration) {
	q := &question{done: make(chan struct{}), files: make([]questioned, len(t.requests))}
	for i, r := range t.requests {
		r.File.asked = t.state(r)
		q.files[i] = questioned{file: r.File, version: r.Version, path: relative(t.Root, r.Path)}
		q.include(t.Root, base, r.Path)
	}
	t.pending = q
	go q.run(t.Repository, timeout)
}

// question is one run of git.
type question struct {
	files []questioned
	// paths in the work tree that git compares; "." is all of it.
	paths []string
	done  chan struct{}

	// The answer, valid after done is closed.
	status *treeStatus
	err    error
	took   time.Duration
}

type questioned struct {
	file    *File
	version int
	// path in the work tree, slash-separated.
	path string
}

// maxPaths is the largest number of directories that git is asked about; with more it is asked about the whole work
// tree.
const maxPaths = 64

// include adds a file to the question. The paths are a few directories, whatever the number of files, because git
// compares each file that it knows with each path.
func (q *question) include(root, base, path string) {
	add := filepath.Dir(path)
	if stat.Below(path, base) {
		if add = base; !stat.Below(base, root) {
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

func (q *question) run(r Repository, timeout time.Duration) {
	defer close(q.done)
	begun := time.Now()
	q.status, q.err = r.status(q.paths, timeout)
	q.took = time.Since(begun)
}

// answered reports whether git has ended. It is false for nil.
func (q *question) answered() bool {
	if q == nil {
		return false
	}
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// relative returns the slash-separated path relative to root.
func relative(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return path // It is not below root, so git does not know it.
	}
	return filepath.ToSlash(rel)
}
