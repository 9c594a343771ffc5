package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// A linked work tree has a file instead of the directory .git, with the path of its directory in the repository:
// gitdir: REPO/worktrees/NAME. git works in the workspace if the repository's directory REPO is also mounted, at the
// path in that file.
//
// A workspace can write the file, so the file is not trusted. The repository must confirm it:
// REPO/worktrees/NAME/gitdir must lead back to this work tree. git worktree add wrote it.

// GitFile returns the stamp of a source's .git file without reading it. It is zero if .git is not a regular file.
func GitFile(source string) stat.Stamp {
	if st, err := stat.Link(filepath.Join(source, ".git")); err == nil && st.IsRegular() {
		return st
	}
	return stat.Stamp{}
}

// ErrInside is returned by Linked if the repository is inside the work tree.
var ErrInside = errors.New("it is in the source")

// Linked returns the repository's directory that the work tree at source needs because it is linked to it, and the path
// that its .git file names. named is empty if source is not a linked work tree.
func Linked(source string) (dir *specdiff.GitDirectory, named string, err error) {
	root := hostpath.Resolve(source)
	named, ok := strings.CutPrefix(oneLine(filepath.Join(root, ".git")), "gitdir:")
	if !ok {
		return nil, "", nil
	}
	named = strings.TrimSpace(named)
	dir, err = linkedTo(root, named)
	return dir, named, err
}

// linkedTo returns the repository that the work tree at root is linked to, by the path in its .git file.
func linkedTo(root, named string) (*specdiff.GitDirectory, error) {
	at, inside := named, named
	if !filepath.IsAbs(named) {
		at, inside = filepath.Join(root, named), path.Join(v1alpha1.SourceTarget, named)
	}
	own, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; run `git worktree repair`", at, stat.Cause(err))
	}
	repo := filepath.Dir(filepath.Dir(own))
	inside = path.Clean(inside)
	switch {
	case stat.Below(own, root):
		return nil, ErrInside
	case strings.Contains(own, "/modules/"):
		return nil, errors.New("it is a submodule, whose git directory names its work tree by a path that the workspace does not " +
			"have; use the repository around it as source")
	case filepath.Base(filepath.Dir(own)) != "worktrees", path.Base(path.Dir(inside)) != "worktrees",
		path.Base(inside) != filepath.Base(own):
		return nil, errors.New("it is not of the form REPOSITORY/worktrees/NAME")
	case !isRepository(repo):
		return nil, fmt.Errorf("%s is no git directory", repo)
	}
	// in returns a path in the directory own. It does not clean it, because .. after a symlink means the parent of its
	// target.
	in := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(own, path)
	}
	back := in(oneLine(filepath.Join(own, "gitdir")))
	if filepath.Base(back) != ".git" || hostpath.Resolve(filepath.Dir(back)) != root {
		return nil, fmt.Errorf("%s does not lead back to it; if the work tree was moved, run `git worktree repair` in it",
			filepath.Join(own, "gitdir"))
	}
	if common := oneLine(filepath.Join(own, "commondir")); common == "" || hostpath.Resolve(in(common)) != repo {
		return nil, fmt.Errorf("%s does not lead to %s", filepath.Join(own, "commondir"), repo)
	}
	return &specdiff.GitDirectory{Source: repo, Target: path.Dir(path.Dir(inside))}, nil
}

// isRepository checks what git itself checks.
func isRepository(dir string) bool {
	head, err := os.Lstat(filepath.Join(dir, "HEAD"))
	if err != nil || !head.Mode().IsRegular() {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		if st, err := os.Lstat(filepath.Join(dir, name)); err != nil || !st.IsDir() {
			return false
		}
	}
	return true
}

// oneLine returns the content of a small file that is not a symlink and has one line. It returns the empty string
// otherwise.
func oneLine(file string) string {
	data, err := readRegular(file, maxShort, unix.O_NOFOLLOW)
	text := strings.TrimSpace(string(data))
	if err != nil || strings.ContainsAny(text, "\n\x00") {
		return ""
	}
	return text
}
