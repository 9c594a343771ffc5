package manifest

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// identity identifies a directory of manifests across restarts: device, inode and file system. noneLeft is set if
// removals wait because the directory has none of the previous workspaces.
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

// otherFileSystem reports whether a directory is known to be on another file system than i.
func (i identity) otherFileSystem(now identity) bool {
	return i.fs != "" && now.fs != "" && i.fs != now.fs
}

// identify returns the identity of the directory at path, whose stamp is st. The device number does not identify a file
// system, because many get another number at each mount.
func identify(path string, st stat.Stamp) identity {
	found := identity{id: st.ID.String(), fs: fmt.Sprintf("dev%d", st.ID.Dev)}
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err == nil && (fs.Fsid.Val[0] != 0 || fs.Fsid.Val[1] != 0) {
		found.fs = fmt.Sprintf("%x-%x-%x", fs.Type, uint32(fs.Fsid.Val[0]), uint32(fs.Fsid.Val[1]))
	}
	return found
}
