package manifest

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// revisionKey changes with what git would say of files that did not change. Comparing it costs no process.
type revisionKey struct {
	head, branch string
	// stamps of the index, and of the files that hold branches which have none of their own.
	stamps [4]stamp
}

func (r repository) revisionKey() revisionKey {
	common := r.common()
	key := revisionKey{head: readShort(filepath.Join(r.dir, "HEAD"))}
	if ref, ok := strings.CutPrefix(key.head, "ref: "); ok && filepath.IsLocal(ref) {
		key.branch = readShort(filepath.Join(common, ref))
	}
	for i, path := range []string{
		filepath.Join(r.dir, "index"), filepath.Join(common, "packed-refs"),
		filepath.Join(r.dir, "reftable", "tables.list"), filepath.Join(common, "reftable", "tables.list"),
	} {
		key.stamps[i], _ = statPath(path) // The zero stamp stands for what is not there.
	}
	return key
}

// common is the directory that the worktrees of one repository share; there the branches are.
func (r repository) common() string {
	switch dir := readShort(filepath.Join(r.dir, "commondir")); {
	case dir == "":
		return r.dir
	case filepath.IsAbs(dir):
		return filepath.Clean(dir)
	default:
		return filepath.Join(r.dir, dir)
	}
}

// maxShort bounds the files in a git directory that hold one line.
const maxShort = 4096

// readShort returns a file's one line; empty where there is none. git replaces such files whole, so no half is ever seen.
func readShort(path string) string {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	if st, err := statFD(f.Fd()); err != nil || !st.isRegular() {
		return ""
	}
	data, err := io.ReadAll(io.LimitReader(f, maxShort))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
