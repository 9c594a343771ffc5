package gitrepo

import (
	"errors"
	"path"
	"strings"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// treeStatus is the output of git status for one work tree.
type treeStatus struct {
	// clean and dirty are the two revisions that a file can have; nil while the branch has no commit.
	clean, dirty *v1alpha1.Revision
	// differing are the paths that differ from the commit or are not in it. A path that ends in / includes everything
	// below it.
	differing map[string]bool
}

// revisionOf returns the revision of a file by its slash-separated path in the work tree; nil if s is nil.
func (s *treeStatus) revisionOf(file string) *v1alpha1.Revision {
	if s == nil {
		return nil
	}
	if s.differing[file] {
		return s.dirty
	}
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if s.differing[dir+"/"] {
			return s.dirty
		}
	}
	return s.clean
}

var errNoCommitLine = errors.New("git status names no commit")

// parseStatus reads git status --porcelain=v2 --branch -z.
func parseStatus(out string) (*treeStatus, error) {
	s := &treeStatus{differing: map[string]bool{}}
	commit, branch := "", ""
	origin := false
	for line := range strings.SplitSeq(out, "\x00") {
		if origin {
			origin = false // The previous path of a renamed file.
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "#":
			if v, ok := strings.CutPrefix(rest, "branch.oid "); ok {
				commit = v
			} else if v, ok := strings.CutPrefix(rest, "branch.head "); ok && v != "(detached)" {
				branch = v
			}
		case "?", "!":
			s.differing[rest] = true
		case "1":
			s.differ(rest, 7)
		case "2":
			s.differ(rest, 8)
			origin = true
		case "u":
			s.differ(rest, 9)
		}
	}
	switch commit {
	case "":
		return nil, errNoCommitLine
	case "(initial)":
		return s, nil
	}
	branch = printable.Line(branch)
	s.clean = &v1alpha1.Revision{Branch: branch, Commit: commit}
	s.dirty = &v1alpha1.Revision{Branch: branch, Commit: commit, Dirty: true}
	return s, nil
}

// differ records the path that follows the given number of fields. A path may contain spaces.
func (s *treeStatus) differ(line string, fields int) {
	if parts := strings.SplitN(line, " ", fields+1); len(parts) == fields+1 {
		s.differing[parts[fields]] = true
	}
}
