package manifest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/specdiff"
)

// A linked work tree has, in the place of .git, a file that names its directory in the repository: gitdir:
// REPO/worktrees/NAME. git works in the workspace where the repository's directory REPO is mounted, too, where that file
// leads to.
//
// A workspace can write the file, so that it is a claim. The repository's side decides: REPO/worktrees/NAME/gitdir must
// lead back to this very work tree, and that is what git worktree add wrote.

// gitFileOf is what there is of a source's .git file, without reading it: zero where it is no file.
func gitFileOf(source string) stamp {
	var st unix.Stat_t
	if err := unix.Lstat(filepath.Join(source, ".git"), &st); err != nil {
		return stamp{}
	}
	if s := newStamp(&st); s.isRegular() {
		return s
	}
	return stamp{}
}

// errInside says that the repository comes along with the source.
var errInside = errors.New("it is in the source")

// gitDirectory is what a source that is a linked work tree needs, and why it cannot have it; neither where it needs nothing.
func (l *Loader) gitDirectory(source string, mounts []v1alpha1.Mount) (found *specdiff.GitDirectory, refused string) {
	root := hostpath.Resolve(source)
	named, ok := strings.CutPrefix(smallFile(filepath.Join(root, ".git")), "gitdir:")
	if !ok {
		return nil, ""
	}
	found, err := repositoryOf(root, strings.TrimSpace(named))
	if err == nil {
		err = l.mountable(*found)
	}
	switch {
	case errors.Is(err, errInside), err == nil && declared(found.Target, mounts):
		return nil, ""
	case err != nil:
		return nil, fmt.Sprintf(
			"git does not work in the workspace: .git of %s is a file that leads to %q, which is not mounted, because %s",
			source, strings.TrimSpace(named), err)
	}
	return found, ""
}

// declared says that the manifest says itself what is at a target.
func declared(target string, mounts []v1alpha1.Mount) bool {
	return slices.ContainsFunc(mounts, func(m v1alpha1.Mount) bool { return below(target, path.Clean(m.Target)) })
}

// repositoryOf is the repository that the work tree at root is linked to, by the path in its .git file.
func repositoryOf(root, named string) (*specdiff.GitDirectory, error) {
	at, inside := named, named
	if !filepath.IsAbs(named) {
		at, inside = filepath.Join(root, named), path.Join(v1alpha1.SourceTarget, named)
	}
	own, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; run `git worktree repair`", at, cause(err))
	}
	repo := filepath.Dir(filepath.Dir(own))
	inside = path.Clean(inside)
	switch {
	case below(own, root):
		return nil, errInside
	case strings.Contains(own, "/modules/"):
		return nil, errors.New("it is a submodule, whose git directory names its work tree by a path that the workspace does not " +
			"have; use the repository around it as source")
	case filepath.Base(filepath.Dir(own)) != "worktrees", path.Base(path.Dir(inside)) != "worktrees",
		path.Base(inside) != filepath.Base(own):
		return nil, errors.New("it is not of the form REPOSITORY/worktrees/NAME")
	case !isRepository(repo):
		return nil, fmt.Errorf("%s is no git directory", repo)
	}
	back := smallFile(filepath.Join(own, "gitdir"))
	if back != "" && !filepath.IsAbs(back) {
		back = filepath.Join(own, back)
	}
	if filepath.Base(back) != ".git" || hostpath.Resolve(filepath.Dir(back)) != root {
		return nil, fmt.Errorf("%s does not lead back to it; where the work tree was moved, run `git worktree repair` in it",
			filepath.Join(own, "gitdir"))
	}
	common := smallFile(filepath.Join(own, "commondir"))
	if common != "" && !filepath.IsAbs(common) {
		common = filepath.Join(own, common)
	}
	if common == "" || hostpath.Resolve(common) != repo {
		return nil, fmt.Errorf("%s does not lead to %s", filepath.Join(own, "commondir"), repo)
	}
	return &specdiff.GitDirectory{Source: repo, Target: path.Dir(path.Dir(inside))}, nil
}

// isRepository looks for what git itself looks for.
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

// mountable holds a repository to what every mount is held to.
func (l *Loader) mountable(g specdiff.GitDirectory) error {
	if err := hostpath.Validate(field.NewPath("source"), g.Source, l.sockets); err != nil {
		return errors.New(err.Detail)
	}
	for _, taken := range []string{v1alpha1.SourceTarget, "/proc", "/sys", "/dev"} {
		if below(g.Target, taken) || below(taken, g.Target) {
			return fmt.Errorf("%s in the workspace is not free for it", g.Target)
		}
	}
	return nil
}

// smallFile is the first line of a file that is no link and no longer than a path; empty where there is none.
func smallFile(file string) string {
	f, err := os.OpenFile(file, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return ""
	}
	const longest = 8 << 10
	data, err := io.ReadAll(io.LimitReader(f, longest))
	text := strings.TrimSpace(string(data))
	if err != nil || strings.ContainsAny(text, "\n\x00") {
		return ""
	}
	return text
}
