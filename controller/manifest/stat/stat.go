// Package stat identifies files and their states by what stat(2) returns.
package stat

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ID identifies a file independently of its name.
type ID struct{ Dev, Ino uint64 }

func (id ID) String() string { return fmt.Sprintf("%d:%d", id.Dev, id.Ino) }

// Stamp distinguishes two states of a file without reading it. Times are in nanoseconds. The zero Stamp stands for a
// file that does not exist.
type Stamp struct {
	ID           ID
	mode         uint32
	Size         int64
	MTime, CTime int64
}

// IsDir reports whether the file is a directory.
func (s Stamp) IsDir() bool { return s.mode&unix.S_IFMT == unix.S_IFDIR }

// IsRegular reports whether the file is a regular file.
func (s Stamp) IsRegular() bool { return s.mode&unix.S_IFMT == unix.S_IFREG }

// Changed returns when content or attributes last changed, by the clock of the file system.
func (s Stamp) Changed() time.Time { return time.Unix(0, max(s.MTime, s.CTime)) }

// Timestamps advance with the kernel's tick (up to 10 ms), on some file systems only every one or two seconds.
const (
	fineTick   = 20 * time.Millisecond
	coarseTick = 2100 * time.Millisecond
)

// Racy reports whether the file may change again without a change of its stamp, because it was modified so shortly
// before now that the next write can fall into the same tick. The term is git's: a racy entry.
func (s Stamp) Racy(now time.Time) bool {
	tick := fineTick
	if s.MTime%int64(time.Second) == 0 && s.CTime%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return now.Sub(s.Changed()) < tick
}

// Path returns the stamp of the file at path. It follows symlinks. Its error is the bare cause.
func Path(path string) (Stamp, error) {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	for errors.Is(err, unix.EINTR) {
		err = unix.Stat(path, &st)
	}
	return stamp(&st, err)
}

// Link is Path without following a symlink at the end of path.
func Link(path string) (Stamp, error) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	return stamp(&st, err)
}

// FD returns the stamp of an open file.
func FD(fd uintptr) (Stamp, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(fd), &st)
	for errors.Is(err, unix.EINTR) {
		err = unix.Fstat(int(fd), &st)
	}
	return stamp(&st, err)
}

func stamp(st *unix.Stat_t, err error) (Stamp, error) {
	if err != nil {
		return Stamp{}, err
	}
	// The types of these fields differ between systems.
	return Stamp{
		ID:   ID{Dev: uint64(st.Dev), Ino: uint64(st.Ino)},
		mode: uint32(st.Mode), Size: st.Size, MTime: st.Mtim.Nano(), CTime: st.Ctim.Nano(),
	}, nil
}

// Absent reports whether an error means that there is no such file. Any other error means that the file cannot be
// inspected.
func Absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}

// Cause removes operation and path from an error of package os, for messages that name the path themselves.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Below reports whether path is dir or lies in it. Both are clean, and absolute or relative to the same root, whose own
// relative path is empty.
func Below(path, dir string) bool {
	return dir == "" || path == dir || strings.HasPrefix(path, dir+"/")
}
