package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// gitLocks are files that git creates while it writes the work tree, the index or the current branch. HEAD.lock comes and
// goes with every change of the current branch, also with those that leave HEAD as it is.
var gitLocks = []string{
	"index.lock", "HEAD.lock", "ORIG_HEAD.lock", "MERGE_HEAD.lock", "CHERRY_PICK_HEAD.lock", "REVERT_HEAD.lock", "AUTO_MERGE.lock",
	"info/sparse-checkout.lock",
}

// lockPoll is how often a lock of git is looked at that the watch may have missed the end of.
const lockPoll = time.Second

// gitFile is a file that stands for an operation while it is under way.
type gitFile struct{ file, name, end string }

// top is the file's name in the git directory, or the directory's that it is in.
func (f gitFile) top() string {
	first, _, _ := strings.Cut(f.file, "/")
	return first
}

// operations that git leaves files about while they are under way, between their steps too. Of several files of one
// operation the first that is there is reported.
var operations = []gitFile{
	{"rebase-merge", "a rebase", "git rebase --continue or git rebase --abort"},
	{"rebase-apply/applying", "a git am", "git am --continue or git am --abort"},
	{"rebase-apply", "a rebase", "git rebase --continue or git rebase --abort"},
	{"MERGE_HEAD", "a merge", "git merge --continue or git merge --abort"},
	{"CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --continue or git cherry-pick --abort"},
	{"REVERT_HEAD", "a revert", "git revert --continue or git revert --abort"},
	// What is left to do of several commits. The HEADs above are gone once a conflict is resolved by a commit.
	{"sequencer/todo", "a cherry-pick or a revert of several commits", "git cherry-pick --continue or git revert --continue, or with --abort"},
	{"BISECT_START", "a bisection", "git bisect reset"},
	{"BISECT_LOG", "a bisection", "git bisect reset"},
}

// operation is one thing that git does to a work tree.
type operation struct{ path, message string }

// operations are those under way now.
func (r repository) operations() []operation {
	var found []operation
	for _, name := range gitLocks {
		path := filepath.Join(r.dir, name)
		if _, err := os.Lstat(path); err == nil {
			found = append(found, operation{path, "a git command is writing; if no git runs, remove " + path})
		}
	}
	if path := filepath.Join(r.dir, "locked"); initializing(path) {
		found = append(found, operation{path, "git worktree add is checking it out; if no git runs, remove " + path})
	}
	told := map[string]bool{}
	for _, op := range operations {
		path := filepath.Join(r.dir, op.file)
		if _, err := os.Lstat(path); err != nil || told[op.top()] || told[op.name] {
			continue
		}
		told[op.top()], told[op.name] = true, true
		found = append(found, operation{path, op.name + " is in progress: end it with " + op.end})
	}
	return found
}

// initializing says whether git worktree add is still at work; a worktree that a person locked has another reason in it.
func initializing(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && strings.TrimSpace(string(data)) == "initializing"
}

// isLock says whether the hold may end without anything that a watch sees.
func (h Hold) isLock() bool { return strings.HasSuffix(h.Path, ".lock") }

func (l *Loader) gitHolds() []Hold {
	var holds []Hold
	hold := func(r repository, path, message string) {
		holds = append(holds, Hold{Reason: HoldGitOperation, Message: "removals wait for git in " + r.root + ": " + message, Path: path})
	}
	for _, r := range l.repos {
		found := r.operations()
		for _, op := range found {
			hold(r, op.path, op.message)
		}
		if len(found) > 0 {
			continue // It explains the conflicts.
		}
		index := filepath.Join(r.dir, "index")
		if path := l.unmerged.in(r); path != "" {
			hold(r, index, "conflicts are not resolved, the first in "+path+": edit the files, then git add them (or git checkout them)")
		}
	}
	return holds
}
