package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repository is a git work tree that manifests are in.
type repository struct {
	// root of the work tree, and its own git directory, which differs between the worktrees of one repository.
	root, dir string
}

// operations that git leaves files about while they are under way. BISECT_LOG is not among them: between its steps a
// bisection is an ordinary checkout.
var operations = []struct{ file, message string }{
	{"index.lock", "a git command is writing"},
	{"rebase-merge", "a rebase is in progress: end it with git rebase --continue or git rebase --abort"},
	{"rebase-apply", "a rebase or git am is in progress: end it with git rebase --continue or --abort, or git am --continue or --abort"},
	{"MERGE_HEAD", "a merge is in progress: end it with git merge --continue or git merge --abort"},
	{"CHERRY_PICK_HEAD", "a cherry-pick is in progress: end it with git cherry-pick --continue or --abort"},
	{"REVERT_HEAD", "a revert is in progress: end it with git revert --continue or --abort"},
}

func (r repository) holds() []Hold {
	var holds []Hold
	for i, op := range operations {
		path := filepath.Join(r.dir, op.file)
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		message := "removals wait for git in " + r.root + ": " + op.message
		if i == 0 {
			message += "; if no git runs, remove " + path
		}
		holds = append(holds, Hold{HoldGitOperation, message})
	}
	return holds
}

func isIndexLock(h Hold) bool {
	return h.Reason == HoldGitOperation && strings.HasSuffix(h.Message, "index.lock")
}

func (l *Loader) gitHolds() []Hold {
	var holds []Hold
	for _, r := range l.repos {
		holds = append(holds, r.holds()...)
	}
	return holds
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

// repositories finds the work trees around the directory, as it is named and as it is reached, and around and in the
// directories of the last listing.
func (l *Loader) repositories() []repository {
	var found []repository
	add := func(r repository, ok bool) {
		if ok && !slices.ContainsFunc(found, func(x repository) bool { return x.dir == r.dir }) {
			found = append(found, r)
		}
	}
	around := func(path string) { add(repositoryAround(path)) }
	resolved := realPath(l.dir)
	around(resolved)
	if resolved != l.dir {
		around(l.dir)
	}
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
	return found
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
