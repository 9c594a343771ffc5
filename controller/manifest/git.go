package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
)

// repository is a git work tree that manifests are in.
type repository struct {
	// root of the work tree, and its own git directory, which differs between the worktrees of one repository.
	root, dir string
}

// gitStamps change with everything that git does to a work tree.
func (l *Loader) gitStamps() []stamp {
	var stamps []stamp
	for _, r := range l.repos {
		for _, name := range []string{"index", "HEAD"} {
			st, _ := statPath(filepath.Join(r.dir, name)) // The zero stamp stands for what is not there.
			stamps = append(stamps, st)
		}
	}
	return stamps
}

// repositories finds the work trees around the directory, as it is named and as it is reached, around and in the
// directories of the last listing, and around the files that its symlinks lead to.
func (l *Loader) repositories() []repository {
	var found []repository
	add := func(r repository, ok bool) {
		for ok && !slices.ContainsFunc(found, func(x repository) bool { return x.dir == r.dir }) {
			found = append(found, r)
			r, ok = r.superproject()
		}
	}
	around := func(path string) { add(repositoryAround(path)) }
	resolved := hostpath.Resolve(l.dir)
	around(resolved)
	if resolved != l.dir {
		around(l.dir)
	}
	add(repositoryOfEnvironment(resolved))
	if l.listing == nil {
		return found
	}
	for _, d := range l.listing.dirs {
		switch {
		case d.repository:
			add(repositoryAt(d.real))
		case !below(d.real, resolved) && d.rel != "":
			around(d.real)
		}
	}
	for _, e := range l.listing.files {
		if !e.link || e.err != nil {
			continue
		}
		if dir := filepath.Dir(hostpath.Resolve(e.abs)); !below(dir, resolved) {
			around(dir)
		}
	}
	return found
}

// superproject is the repository that r is a submodule of. What git does to that one can move the work tree of r.
func (r repository) superproject() (repository, bool) {
	parent := filepath.Dir(r.root)
	if parent == r.root || !strings.Contains(r.dir, "/modules/") {
		return repository{}, false
	}
	outer, ok := repositoryAround(parent)
	return outer, ok && below(r.dir, filepath.Join(outer.common(), "modules"))
}

// repositoryOfEnvironment is the repository of GIT_DIR and GIT_WORK_TREE, where the directory is in its work tree: one whose
// git directory is elsewhere leaves no .git to find.
func repositoryOfEnvironment(dir string) (repository, bool) {
	git, tree := os.Getenv("GIT_DIR"), os.Getenv("GIT_WORK_TREE")
	if git == "" || tree == "" {
		return repository{}, false
	}
	git, errGit := filepath.Abs(git)
	tree, errTree := filepath.Abs(tree)
	if errGit != nil || errTree != nil || !below(dir, hostpath.Resolve(tree)) {
		return repository{}, false
	}
	_, err := os.Lstat(filepath.Join(git, "HEAD"))
	return repository{root: hostpath.Resolve(tree), dir: git}, err == nil
}

// repositoryAround is the repository whose work tree a directory is in.
func repositoryAround(path string) (repository, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if r, ok := repositoryAt(dir); ok || dir == filepath.Dir(dir) {
			return r, ok
		}
	}
}

// repositoryAt is the repository whose work tree begins at dir. .git is a directory, or a file that says where that is
// (linked worktrees, submodules); without a HEAD it is none.
func repositoryAt(dir string) (repository, bool) {
	git := filepath.Join(dir, ".git")
	st, err := statPath(git)
	if err != nil {
		return repository{}, false
	}
	if st.isRegular() {
		data, err := os.ReadFile(git)
		target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir:")
		if err != nil || !ok {
			return repository{}, false
		}
		if target = strings.TrimSpace(target); filepath.IsAbs(target) {
			git = filepath.Clean(target)
		} else {
			git = filepath.Join(dir, target)
		}
	}
	if _, err := os.Lstat(filepath.Join(git, "HEAD")); err != nil {
		return repository{}, false
	}
	return repository{root: dir, dir: git}, true
}
