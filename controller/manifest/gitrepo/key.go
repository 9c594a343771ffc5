package gitrepo

import (
	"path/filepath"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// key changes when the output of git status may change although no file changed. Comparing two keys needs no process.
type key struct {
	head, branch string
	// stamps of the index, and of the files with the branches that have no file of their own.
	stamps [4]stat.Stamp
}

func (r Repository) key() key {
	common := r.common()
	k := key{head: readShort(filepath.Join(r.Dir, "HEAD"))}
	if ref, ok := strings.CutPrefix(k.head, "ref: "); ok && filepath.IsLocal(ref) {
		k.branch = readShort(filepath.Join(common, ref))
	}
	for i, path := range []string{
		filepath.Join(r.Dir, "index"), filepath.Join(common, "packed-refs"),
		filepath.Join(r.Dir, "reftable", "tables.list"), filepath.Join(common, "reftable", "tables.list"),
	} {
		k.stamps[i], _ = stat.Path(path) // A missing file has the zero stamp.
	}
	return k
}
