package gitrepo

import (
	"context"
	"log/slog"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// Tracker keeps the revisions of files current. It runs git only after a change, at most one process per work tree, and
// waits for it only for a short time: until git has answered, a file has no revision, and nothing else depends on it.
type Tracker struct {
	Limits
	log   *slog.Logger
	trees map[Repository]*workTree
	late  chan struct{}
	// round counts the calls of Update.
	round int
}

// Limits of a Tracker.
type Limits struct {
	// Wait is how long Update waits for git. A later call takes over a later answer.
	Wait time.Duration
	// Quick is the longest duration of a git process after which Update waits for the next one. A known slow git must
	// not delay the start of a container after its manifest was saved.
	Quick time.Duration
	// Timeout ends a git process that hangs.
	Timeout time.Duration
}

// NewTracker returns a tracker that logs to log why files have no revision.
func NewTracker(log *slog.Logger) *Tracker {
	return &Tracker{
		Limits: Limits{Wait: 200 * time.Millisecond, Quick: 50 * time.Millisecond, Timeout: 5 * time.Second},
		log:    log, trees: map[Repository]*workTree{}, late: make(chan struct{}, 1),
	}
}

// Late is signalled after an answer for which no call of Update waited. The next Update takes it over.
func (t *Tracker) Late() <-chan struct{} { return t.late }

// File is what a Tracker knows about one file. The zero File is ready for use.
type File struct {
	revision *v1alpha1.Revision
	// version of the content that revision belongs to.
	version int
	// asked is the state of the file for which git ran last. In the same state its answer is the same.
	asked state
	// current and round are the version in the last request, and its round.
	current, round int
}

// Revision returns the file's revision; nil if there is none or it is not known yet.
func (f *File) Revision() *v1alpha1.Revision { return f.revision }

func (f *File) set(r *v1alpha1.Revision) (changed bool) {
	changed = !SameRevision(f.revision, r)
	if changed {
		f.revision = r
	}
	f.version = f.current
	return changed
}

// SameRevision compares two revisions, each of which may be nil.
func SameRevision(a, b *v1alpha1.Revision) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Request names a file whose revision must be current.
type Request struct {
	File *File
	// Repository of the file; zero if it is in none.
	Repository Repository
	// Path of the file, absolute and without symlinks.
	Path string
	// Version counts the contents of the file that were read, Stamp is the file's.
	Version int
	Stamp   stat.Stamp
}

// Update brings the revisions of the requested files up to date. The revision of any other file remains as it is. base
// is the directory, absolute and without symlinks, that contains most of the files. Update reports whether a revision
// changed.
func (t *Tracker) Update(base string, requests []Request) (changed bool) {
	t.round++
	for i := range requests {
		r := &requests[i]
		r.File.current, r.File.round = r.Version, t.round
	}
	for _, tree := range t.trees {
		if tree.pending.answered() {
			changed = t.take(tree) || changed
		}
	}
	changed = t.assign(requests) || changed
	var asked []*workTree
	for r, tree := range t.trees {
		switch {
		case tree.round != t.round:
			delete(t.trees, r)
		case tree.due && tree.pending == nil:
			tree.ask(base, t.Timeout)
			asked = append(asked, tree)
		default:
			// Nothing changed, or git runs. After its answer the next Update asks again.
		}
	}
	return t.await(asked) || changed
}

// assign gives the requests to their work trees, and selects the work trees for which git must run.
func (t *Tracker) assign(requests []Request) (changed bool) {
	for i := range requests {
		r := &requests[i]
		tree := t.tree(r.Repository)
		if tree == nil || r.File.version != r.Version {
			// The known revision belongs to another content, or to a repository that no longer exists.
			changed = r.File.set(nil) || changed
		}
		if tree != nil {
			tree.requests = append(tree.requests, r)
			tree.due = tree.due || r.File.asked != tree.state(r)
		}
	}
	return changed
}

// tree returns the work tree of a repository, with its current key; nil for the zero Repository.
func (t *Tracker) tree(r Repository) *workTree {
	if r == (Repository{}) {
		return nil
	}
	tree := t.trees[r]
	if tree == nil {
		tree = &workTree{Repository: r}
		t.trees[r] = tree
	}
	if tree.round != t.round {
		tree.begin(t.round)
	}
	return tree
}

// await waits for answers, except those of a git that was slow the last time.
func (t *Tracker) await(asked []*workTree) (changed bool) {
	ctx, cancel := context.WithTimeout(context.Background(), t.Wait)
	defer cancel()
	for _, tree := range asked {
		if !tree.slow {
			select {
			case <-tree.pending.done:
			case <-ctx.Done():
			}
		}
		if tree.pending.answered() {
			changed = t.take(tree) || changed
			continue
		}
		tree.slow = true
		go t.announce(tree.pending)
	}
	return changed
}

func (t *Tracker) announce(q *question) {
	<-q.done
	select {
	case t.late <- struct{}{}:
	default:
	}
}

// take sets the revisions from the answer. A file that changed since the question keeps its revision; git will run
// again.
func (t *Tracker) take(tree *workTree) (changed bool) {
	q := tree.pending
	tree.pending, tree.slow = nil, q.took > t.Quick
	failure := ""
	if q.err != nil {
		failure = q.err.Error()
	}
	if failure != "" && failure != tree.failure {
		t.log.Debug("manifests have no git revision", "repository", tree.Root, "error", failure)
	}
	tree.failure = failure
	for _, x := range q.files {
		if x.file.round == t.round && x.file.current == x.version {
			changed = x.file.set(q.status.revisionOf(x.path)) || changed
		}
	}
	return changed
}
