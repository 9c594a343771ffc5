// Package hostfile identifies what is at a path of the host, so that the controller notices when another file or directory replaces
// it.
package hostfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// File describes what is at a path, after following links.
type File struct {
	// ID is zero if nothing exists at the path, or if it cannot be read.
	ID ID
	// Missing is set if nothing exists at the path. A path that cannot be read is not missing: the engine may be able to read it.
	Missing bool
	Dir     bool
}

// ID identifies a file or a directory for as long as it exists: by device, inode and, if the file system has it, time of birth,
// because a new file may get the inode of a removed one.
type ID struct {
	device, inode uint64
	birth         int64
}

// String is empty for the zero ID.
func (i ID) String() string {
	switch {
	case i == ID{}:
		return ""
	case i.birth == 0:
		return fmt.Sprintf("%d:%d", i.device, i.inode)
	}
	return fmt.Sprintf("%d:%d:%d", i.device, i.inode, i.birth)
}

// Host is the machine that the program runs on.
type Host struct{}

// Look follows links.
func (Host) Look(path string) File {
	f, err := look(path)
	if err != nil {
		return File{Missing: errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)}
	}
	return f
}

// Real returns the path without links; empty if it does not exist.
func (Host) Real(path string) string {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	return resolved
}

// Below reports whether a path is dir or in it; both are clean, absolute and without links.
func Below(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}

// lookPortable returns an ID without the time of birth.
func lookPortable(path string) (File, error) {
	var st unix.Stat_t
	err := ignoringEINTR(func() error { return unix.Stat(path, &st) })
	return File{ID: ID{device: uint64(st.Dev), inode: uint64(st.Ino)}, Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR}, err
}

func ignoringEINTR(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
