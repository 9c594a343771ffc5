package manifest

import (
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
)

// revisions keeps what git says of the manifests. It asks only when something changed, one process a work tree, and never
// makes a read wait for long: without an answer a file has no revision yet, and nothing else depends on it.
type revisions struct {
	off                      bool
	patience, quick, timeout time.Duration
	trees                    map[repository]*workTree
	// late is signalled when an answer came that no read waited for.
	late chan struct{}
}

func newRevisions() revisions {
	return revisions{
		patience: gitPatience, quick: gitQuick, timeout: gitTimeout,
		trees: map[repository]*workTree{}, late: make(chan struct{}, 1),
	}
}

// fileRevision is what is known of one file's revision.
type fileRevision struct {
	// value is the revision of the content with this version; nil where there is none, or none is known yet.
	value   *v1alpha1.Revision
	version int
	asked   askedFor
	link    linkTarget
}

// askedFor is the state of a file that git was last asked about: in the same state there is nothing to ask.
type askedFor struct {
	tree       *workTree
	generation int
	version    int
	seen       stamp
}

// revise brings the revisions of all files up to date that can be read. A file that cannot, or is being written, stays at
// the revision at which it was last read, as its workspaces stay at the spec.
func (l *Loader) revise() {
	v := &l.revisions
	if v.off || l.rootErr != nil || l.replaced {
		return
	}
	for _, t := range v.trees {
		if t.pending != nil && t.pending.answered() {
			l.learn(t)
		}
	}
	l.assign()
	var asked []*workTree
	for r, t := range v.trees {
		switch {
		case t.pass != l.pass:
			delete(v.trees, r)
		case t.due && t.pending == nil:
			l.ask(t)
			asked = append(asked, t)
		default:
			// Nothing changed; or a question is under way, whose answer makes the next read, which asks again.
		}
	}
	l.await(asked)
}

// assign gives each work tree its files, and finds out of which of them there is something to ask.
func (l *Loader) assign() {
	dirs := make([]*workTree, len(l.listing.dirs))
	for i, d := range l.listing.dirs {
		dirs[i] = l.workTree(l.repositoryOf(d.real))
	}
	for i := range l.listing.files {
		e := &l.listing.files[i]
		f := l.files[e.rel]
		if f == nil || !f.whole() {
			continue
		}
		t := dirs[e.dir]
		if e.link {
			f.revision.link.follow(e)
			t = l.workTree(f.revision.link.repository)
		}
		if t == nil || f.revision.version != f.version {
			// What is known is of other content, or of a repository that is gone: to say nothing is better.
			l.setRevision(f, nil)
		}
		if t != nil {
			t.members = append(t.members, e)
			t.due = t.due || f.revision.asked != t.about(f)
		}
	}
}

// ask starts git.
func (l *Loader) ask(t *workTree) {
	base := l.listing.dirs[0].real
	q := &question{done: make(chan struct{}), files: make([]questioned, len(t.members))}
	for i, e := range t.members {
		f := l.files[e.rel]
		f.revision.asked = t.about(f)
		path := f.revision.link.real
		if !e.link {
			path = l.listing.dirs[e.dir].real + e.abs[len(l.listing.dirs[e.dir].abs):]
		}
		q.files[i] = questioned{file: f, version: f.version, path: relative(t.root, path)}
		q.include(t.root, base, path)
	}
	t.pending = q
	go q.run(t.repository, l.revisions.timeout)
}

// await waits for answers, but not for long, and not at all for a git that was slow the last time.
func (l *Loader) await(asked []*workTree) {
	if len(asked) == 0 {
		return
	}
	// git does not run by the loader's clock.
	timer := time.NewTimer(l.revisions.patience)
	defer timer.Stop()
	expired := false
	for _, t := range asked {
		if !t.slow && !expired {
			select {
			case <-t.pending.done:
			case <-timer.C:
				expired = true
			}
		}
		if t.pending.answered() {
			l.learn(t)
			continue
		}
		t.slow = true
		go l.revisions.announce(t.pending)
	}
}

func (v *revisions) announce(q *question) {
	<-q.done
	select {
	case v.late <- struct{}{}:
	default:
	}
}

// learn takes an answer. What changed since it was asked for keeps what it has: it is asked for again.
func (l *Loader) learn(t *workTree) {
	q := t.pending
	t.pending, t.slow = nil, q.took > l.revisions.quick
	told := ""
	if q.err != nil {
		told = q.err.Error()
	}
	if told != "" && told != t.told {
		l.log.Debug("manifests have no git revision", "repository", t.root, "error", told)
	}
	t.told = told
	for _, x := range q.files {
		if f := x.file; l.files[f.rel] == f && f.whole() && f.version == x.version {
			l.setRevision(f, q.status.revisionOf(x.path))
		}
	}
}

func (l *Loader) setRevision(f *file, r *v1alpha1.Revision) {
	if !sameRevision(f.revision.value, r) {
		f.revision.value, l.dirty = r, true
	}
	f.revision.version = f.version
}

func sameRevision(a, b *v1alpha1.Revision) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// revisionOf is the revision of what is in force under a name: that of the file, unless what is in force is older.
func (l *Loader) revisionOf(winner *claim, old remembered) *v1alpha1.Revision {
	switch {
	case winner.ws != nil && !winner.weak:
		return winner.file.revision.value
	case old.out != nil:
		return old.out.Revision
	}
	return nil
}

// repositoryOf is the repository around a directory of the listing.
func (l *Loader) repositoryOf(real string) repository {
	return slices.MaxFunc(append([]repository{{}}, l.repos...), func(a, b repository) int {
		return a.depthAround(real) - b.depthAround(real)
	})
}
