package hostfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

func look(path string) (File, error) {
	var st unix.Statx_t
	err := ignoringEINTR(func() error {
		return unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &st)
	})
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // An old kernel, or a sandbox that does not know the call.
		return lookPortable(path)
	case err != nil:
		return File{}, err
	}
	id := ID{device: unix.Mkdev(st.Dev_major, st.Dev_minor), inode: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		id.birth = st.Btime.Sec*1e9 + int64(st.Btime.Nsec)
	}
	return File{ID: id, Dir: st.Mode&unix.S_IFMT == unix.S_IFDIR}, nil
}
