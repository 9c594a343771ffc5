package gitrepo

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// Conflicts remembers the first conflict in the index of each repository. A conflict left by git stash pop or git
// checkout -m has no other trace. Conflicts reads the index itself, because git would run the filters of the
// repository.
type Conflicts map[string]conflict

type conflict struct {
	index stat.Stamp
	path  string
}

// maxIndex limits the size of an index that is read, in bytes. A larger one counts as without conflicts.
const maxIndex = 256 << 20

// first returns the first path in conflict. It returns the empty string if there is none or the index cannot be read.
func (c Conflicts) first(r Repository) string {
	index := filepath.Join(r.Dir, "index")
	st, err := stat.Path(index)
	if err != nil || st.Size > maxIndex {
		return ""
	}
	if known, ok := c[r.Dir]; ok && known.index == st {
		return known.path
	}
	data, err := os.ReadFile(index)
	if err != nil {
		return ""
	}
	hash := 20
	if config, err := os.ReadFile(filepath.Join(r.common(), "config")); err == nil && sha256Format.Match(config) {
		hash = 32
	}
	path := firstUnmerged(data, hash)
	c[r.Dir] = conflict{index: st, path: path}
	return path
}

var sha256Format = regexp.MustCompile(`(?im)^\s*objectformat\s*=\s*sha256\s*$`)

// The layout of an index, see gitformat-index(5).
const (
	indexHeader = 12
	// indexStat is the length of the fields of stat(2) in an entry. The hash of the object follows.
	indexStat     = 40
	flagExtended  = 0x4000
	maskStage     = 0x3000
	indexPadding  = 8
	indexVersion4 = 4
)

// firstUnmerged returns the path of the first entry whose stage is not 0. It stops if it does not understand the index.
func firstUnmerged(data []byte, hash int) string {
	if len(data) < indexHeader || !bytes.HasPrefix(data, []byte("DIRC")) {
		return ""
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	var path []byte
	at := indexHeader
	for ; count > 0; count-- {
		start := at
		if at += indexStat + hash + 2; at > len(data) {
			return ""
		}
		flags := binary.BigEndian.Uint16(data[at-2:])
		if version >= 3 && flags&flagExtended != 0 {
			at += 2
		}
		if at >= len(data) {
			return ""
		}
		keep := 0
		if version >= indexVersion4 {
			cut, n := offsetVarint(data[at:])
			if n == 0 || cut > len(path) {
				return ""
			}
			at, keep = at+n, len(path)-cut
		}
		end := bytes.IndexByte(data[at:], 0)
		if end < 0 {
			return ""
		}
		path = append(path[:keep:keep], data[at:at+end]...)
		if flags&maskStage != 0 {
			return string(path)
		}
		if at += end + 1; version < indexVersion4 {
			// One to eight NULs pad the entry to a multiple of eight bytes.
			at = start + (at-1-start+indexPadding)/indexPadding*indexPadding
		}
	}
	return ""
}

// offsetVarint decodes the number in front of a path in version 4, which is encoded like the offsets in a pack. n is
// its length, or 0 if there is no such number.
func offsetVarint(data []byte) (value, n int) {
	for i, b := range data {
		if i == 4 {
			return 0, 0
		}
		if i > 0 {
			value++
		}
		value = value<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
