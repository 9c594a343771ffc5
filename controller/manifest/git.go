package manifest

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/gitrepo"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// gitState is what is known about the git work trees that manifests are in.
type gitState struct {
	repos     []gitrepo.Repository
	conflicts gitrepo.Conflicts
	// revisions is nil if revisions are not wanted.
	revisions *gitrepo.Tracker
}

// lockPoll is how often the directory is read during a git lock. A watch can miss the end of a lock.
const lockPoll = time.Second

// find finds the work trees around the directory, both as it is named and without symlinks, those around and in the
// directories of the last listing, and those of the files that its symlinks lead to.
func (g *gitState) find(t *tree) {
	g.repos = nil
	add := func(r gitrepo.Repository, ok bool) {
		for ok && !slices.ContainsFunc(g.repos, func(x gitrepo.Repository) bool { return x.Dir == r.Dir }) {
			g.repos = append(g.repos, r)
			r, ok = r.Superproject()
		}
	}
	resolved := hostpath.Resolve(t.dir)
	add(gitrepo.Around(resolved))
	if resolved != t.dir {
		add(gitrepo.Around(t.dir))
	}
	add(gitrepo.OfEnvironment(resolved))
	if t.listing == nil {
		return
	}
	for _, d := range t.listing.dirs {
		switch {
		case d.repository:
			add(gitrepo.At(d.real))
		case !stat.Below(d.real, resolved) && d.rel != "":
			add(gitrepo.Around(d.real))
		}
	}
	for _, e := range t.listing.files {
		if !e.link || e.err != nil {
			continue
		}
		if dir := filepath.Dir(hostpath.Resolve(e.abs)); !stat.Below(dir, resolved) {
			add(gitrepo.Around(dir))
		}
	}
}

// stamps change with every git operation in the work trees.
func (g *gitState) stamps() [][2]stat.Stamp {
	stamps := make([][2]stat.Stamp, len(g.repos))
	for i, r := range g.repos {
		stamps[i] = r.Stamps()
	}
	return stamps
}

// holds returns a hold per git operation in progress, and whether one of them is a lock.
func (g *gitState) holds() (holds []Hold, locked bool) {
	for _, r := range g.repos {
		for _, op := range r.Operations(g.conflicts) {
			holds = append(holds, Hold{
				Reason: HoldGitOperation, Message: "removals wait for git in " + r.Root + ": " + op.Message, Path: op.Path,
			})
			locked = locked || op.Lock
		}
	}
	return holds, locked
}

// revise brings the revisions of all complete files up to date, and reports whether one changed. A file that cannot be
// read, or is being written, keeps the revision at which it was last read, as its workspaces keep their spec.
func (g *gitState) revise(t *tree) bool {
	if g.revisions == nil {
		return false
	}
	repos := make([]gitrepo.Repository, len(t.listing.dirs))
	for i, d := range t.listing.dirs {
		repos[i] = gitrepo.Innermost(g.repos, d.real)
	}
	requests := make([]gitrepo.Request, 0, len(t.listing.files))
	for _, e := range t.listing.files {
		f := t.files[e.rel]
		if f == nil || !f.whole() {
			continue
		}
		d := t.listing.dirs[e.dir]
		request := gitrepo.Request{
			File: &f.revision, Repository: repos[e.dir], Path: e.abs, Version: f.version, Stamp: f.seen,
		}
		switch {
		case e.link:
			f.target.follow(e)
			request.Repository, request.Path = f.target.repository, f.target.real
		case d.real != d.abs:
			request.Path = d.real + e.abs[len(d.abs):]
		}
		requests = append(requests, request)
	}
	return g.revisions.Update(t.listing.dirs[0].real, requests)
}

// late is signalled when git has answered after the read that started it.
func (g *gitState) late() <-chan struct{} {
	if g.revisions == nil {
		return nil
	}
	return g.revisions.Late()
}

// linkTarget is the file that a symlink leads to.
type linkTarget struct {
	id stat.ID
	// real is the file's path without symlinks, repository the one that contains it.
	real       string
	repository gitrepo.Repository
}

// follow resolves the link if it leads to another file than before.
func (t *linkTarget) follow(e entry) {
	if t.real != "" && t.id == e.st.ID {
		return
	}
	t.id, t.real = e.st.ID, hostpath.Resolve(e.abs)
	t.repository, _ = gitrepo.Around(filepath.Dir(t.real))
}
