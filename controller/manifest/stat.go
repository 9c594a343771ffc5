package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// fileID is what a file is, whatever its name.
type fileID struct{ dev, ino uint64 }

func (id fileID) String() string { return fmt.Sprintf("%d:%d", id.dev, id.ino) }

// stamp tells one state of a file from another without reading it. Times are in nanoseconds.
type stamp struct {
	id           fileID
	mode         uint32
	size         int64
	mtime, ctime int64
}

func (s stamp) isDir() bool     { return s.mode&unix.S_IFMT == unix.S_IFDIR }
func (s stamp) isRegular() bool { return s.mode&unix.S_IFMT == unix.S_IFREG }

// changed is when content or attributes last changed, by the file system's clock.
func (s stamp) changed() time.Time { return time.Unix(0, max(s.mtime, s.ctime)) }

// Timestamps advance with the kernel's tick (up to 10 ms), on some file systems only every one or two seconds.
const (
	fineTick   = 20 * time.Millisecond
	coarseTick = 2100 * time.Millisecond
)

// racy says that the file may change again without its stamp changing: it was modified so shortly before now that the next
// write can fall into the same tick. git calls this a racy entry.
func (s stamp) racy(now time.Time) bool {
	tick := fineTick
	if s.mtime%int64(time.Second) == 0 && s.ctime%int64(time.Second) == 0 {
		tick = coarseTick
	}
	return now.Sub(s.changed()) < tick
}

// statPath follows symlinks. Its error is the bare cause.
func statPath(path string) (stamp, error) {
	var st unix.Stat_t
	for {
		err := unix.Stat(path, &st)
		if err == nil {
			return newStamp(&st), nil
		}
		if !errors.Is(err, unix.EINTR) {
			return stamp{}, err
		}
	}
}

func statFD(fd uintptr) (stamp, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstat(int(fd), &st)
		if err == nil {
			return newStamp(&st), nil
		}
		if !errors.Is(err, unix.EINTR) {
			return stamp{}, err
		}
	}
}

// The types of these fields differ between systems.
func newStamp(st *unix.Stat_t) stamp {
	return stamp{
		id:    fileID{dev: uint64(st.Dev), ino: uint64(st.Ino)},
		mode:  uint32(st.Mode),
		size:  st.Size,
		mtime: st.Mtim.Nano(),
		ctime: st.Ctim.Nano(),
	}
}

// absent says that an error means that there is no such file, rather than that it cannot be looked at.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}

// cause strips operation and path from an error of package os, for messages that name the path themselves.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
