package manifest

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// identity is what a directory of manifests is, in a form that survives restarts: device, inode and file system, and
// whether removals wait because it left none of the workspaces.
type identity struct {
	id, fs   string
	noneLeft bool
}

const noneLeftMark = "!"

// parseIdentity reads what String wrote. Earlier releases wrote no file system.
func parseIdentity(s string) identity {
	s, noneLeft := strings.CutSuffix(s, noneLeftMark)
	id, fs, _ := strings.Cut(s, "@")
	return identity{id: id, fs: fs, noneLeft: noneLeft}
}

func (i identity) String() string {
	s := i.id
	if i.fs != "" {
		s += "@" + i.fs
	}
	if i.noneLeft {
		s += noneLeftMark
	}
	return s
}

// otherFileSystem says whether a directory is known to be on another file system than i was.
func (i identity) otherFileSystem(now identity) bool {
	return i.fs != "" && now.fs != "" && i.fs != now.fs
}

// identify says what the directory at path, whose stamp is st, is. The device's number is not enough to know a file system
// again: many are given another one at each mount.
func identify(path string, st stamp) identity {
	found := identity{id: st.id.String(), fs: fmt.Sprintf("dev%d", st.id.dev)}
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err == nil && (fs.Fsid.Val[0] != 0 || fs.Fsid.Val[1] != 0) {
		found.fs = fmt.Sprintf("%x-%x-%x", fs.Type, uint32(fs.Fsid.Val[0]), uint32(fs.Fsid.Val[1]))
	}
	return found
}
