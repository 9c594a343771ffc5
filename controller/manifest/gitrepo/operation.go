package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
)

// Operation is a git operation in progress in a work tree.
type Operation struct {
	// Path is the file whose existence shows the operation.
	Path string
	// Message describes the operation and how to end it.
	Message string
	// Lock is set if Path is a lock file of a running git command. A watch can miss its removal.
	Lock bool
}

// locks are the files that git creates while it writes the work tree, the index or the current branch. HEAD.lock
// appears with every change of the current branch, including those that do not change HEAD.
var locks = []string{
	"index.lock", "HEAD.lock", "ORIG_HEAD.lock", "MERGE_HEAD.lock", "CHERRY_PICK_HEAD.lock", "REVERT_HEAD.lock", "AUTO_MERGE.lock",
	"info/sparse-checkout.lock",
}

// stateFile is a file that exists during an operation, also between its steps.
type stateFile struct{ file, name, end string }

// top is the first element of the file's path in the git directory.
func (f stateFile) top() string {
	first, _, _ := strings.Cut(f.file, "/")
	return first
}

// stateFiles of git's operations. If several files of one operation exist, the first one is reported.
var stateFiles = []stateFile{
	{"rebase-merge", "a rebase", "git rebase --continue or git rebase --abort"},
	{"rebase-apply/applying", "a git am", "git am --continue or git am --abort"},
	{"rebase-apply", "a rebase", "git rebase --continue or git rebase --abort"},
	{"MERGE_HEAD", "a merge", "git merge --continue or git merge --abort"},
	{"CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --continue or git cherry-pick --abort"},
	{"REVERT_HEAD", "a revert", "git revert --continue or git revert --abort"},
	// The remaining steps of several commits. After a commit that resolves a conflict, the HEADs above do not exist.
	{"sequencer/todo", "a cherry-pick or a revert of several commits", "git cherry-pick --continue or git revert --continue, or with --abort"},
	{"BISECT_START", "a bisection", "git bisect reset"},
	{"BISECT_LOG", "a bisection", "git bisect reset"},
}

// WatchNames returns the names of the files and directories whose creation or removal can begin or end an operation.
func WatchNames() []string {
	names := append([]string{"HEAD", ".git"}, locks...)
	for _, f := range stateFiles {
		names = append(names, f.top())
	}
	return names
}

// Operations returns the operations in progress. If there is none, it returns the conflicts in the index as one.
func (r Repository) Operations(known Conflicts) []Operation {
	var found []Operation
	for _, name := range locks {
		path := filepath.Join(r.Dir, name)
		if _, err := os.Lstat(path); err == nil {
			found = append(found, Operation{
				Path: path, Message: "a git command is writing; if no git runs, remove " + path, Lock: true,
			})
		}
	}
	// git worktree add locks the worktree with this reason while it runs. A user's lock has another reason.
	if path := filepath.Join(r.Dir, "locked"); readShort(path) == "initializing" {
		found = append(found, Operation{
			Path: path, Message: "git worktree add is checking it out; if no git runs, remove " + path,
		})
	}
	reported := map[string]bool{}
	for _, f := range stateFiles {
		path := filepath.Join(r.Dir, f.file)
		if _, err := os.Lstat(path); err != nil || reported[f.top()] || reported[f.name] {
			continue
		}
		reported[f.top()], reported[f.name] = true, true
		found = append(found, Operation{Path: path, Message: f.name + " is in progress: end it with " + f.end})
	}
	if len(found) > 0 {
		return found // An operation explains the conflicts.
	}
	if path := known.first(r); path != "" {
		found = append(found, Operation{
			Path:    filepath.Join(r.Dir, "index"),
			Message: "conflicts are not resolved, the first in " + path + ": edit the files, then git add them (or git checkout them)",
		})
	}
	return found
}
