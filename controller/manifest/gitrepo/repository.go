// Package gitrepo inspects the git work trees that manifests are in: which operations are in progress, and at which
// revision a file is. It only reads, and never runs a program that a repository configures.
package gitrepo

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/hostpath"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// Repository is a git work tree.
type Repository struct {
	// Root of the work tree.
	Root string
	// Dir is the work tree's own git directory, which differs between the worktrees of one repository.
	Dir string
}

// Around returns the repository whose work tree contains path.
func Around(path string) (Repository, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if r, ok := At(dir); ok || dir == filepath.Dir(dir) {
			return r, ok
		}
	}
}

// At returns the repository whose work tree has its root at dir. There .git is a directory, or a file with the path of
// one (linked worktrees, submodules). Without a HEAD it is not a git directory.
func At(dir string) (Repository, bool) {
	git := filepath.Join(dir, ".git")
	st, err := stat.Path(git)
	if err != nil {
		return Repository{}, false
	}
	if st.IsRegular() {
		data, err := os.ReadFile(git)
		target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir:")
		if err != nil || !ok {
			return Repository{}, false
		}
		git = absolute(dir, strings.TrimSpace(target))
	}
	if _, err := os.Lstat(filepath.Join(git, "HEAD")); err != nil {
		return Repository{}, false
	}
	return Repository{Root: dir, Dir: git}, true
}

// OfEnvironment returns the repository of GIT_DIR and GIT_WORK_TREE if dir is in its work tree. A work tree whose git
// directory is elsewhere has no .git.
func OfEnvironment(dir string) (Repository, bool) {
	git, tree := os.Getenv("GIT_DIR"), os.Getenv("GIT_WORK_TREE")
	if git == "" || tree == "" {
		return Repository{}, false
	}
	git, errGit := filepath.Abs(git)
	tree, errTree := filepath.Abs(tree)
	if errGit != nil || errTree != nil || !stat.Below(dir, hostpath.Resolve(tree)) {
		return Repository{}, false
	}
	_, err := os.Lstat(filepath.Join(git, "HEAD"))
	return Repository{Root: hostpath.Resolve(tree), Dir: git}, err == nil
}

// Superproject returns the repository that r is a submodule of. A git operation there can change the work tree of r.
func (r Repository) Superproject() (Repository, bool) {
	parent := filepath.Dir(r.Root)
	if parent == r.Root || !strings.Contains(r.Dir, "/modules/") {
		return Repository{}, false
	}
	outer, ok := Around(parent)
	return outer, ok && stat.Below(r.Dir, filepath.Join(outer.common(), "modules"))
}

// Innermost returns the repository whose work tree contains path most closely, the zero Repository if none does.
func Innermost(repos []Repository, path string) Repository {
	depth := func(r Repository) int {
		if r.Root == "/" || r.Root != "" && stat.Below(path, r.Root) {
			return len(r.Root)
		}
		return 0
	}
	return slices.MaxFunc(append([]Repository{{}}, repos...), func(a, b Repository) int { return depth(a) - depth(b) })
}

// Stamps change with every operation of git on the work tree.
func (r Repository) Stamps() (stamps [2]stat.Stamp) {
	for i, name := range []string{"index", "HEAD"} {
		stamps[i], _ = stat.Path(filepath.Join(r.Dir, name)) // A missing file has the zero stamp.
	}
	return stamps
}

// common is the directory that the worktrees of one repository share. It contains the branches.
func (r Repository) common() string {
	dir := readShort(filepath.Join(r.Dir, "commondir"))
	if dir == "" {
		return r.Dir
	}
	return absolute(r.Dir, dir)
}

// absolute returns path, which is relative to dir if it is relative.
func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// maxShort limits files in a git directory that contain one line, in bytes.
const maxShort = 8 << 10

// readShort returns the content of a small file without surrounding white space. It returns the empty string if the
// file cannot be read. git replaces such files as a whole, so no partial content is visible.
func readShort(path string) string {
	data, _ := readRegular(path, maxShort, 0)
	return strings.TrimSpace(string(data))
}

// readRegular reads at most limit bytes of a regular file. It does not block on a FIFO.
func readRegular(path string, limit int64, flags int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|flags, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if st, err := stat.FD(f.Fd()); err != nil || !st.IsRegular() {
		return nil, unix.EINVAL
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
