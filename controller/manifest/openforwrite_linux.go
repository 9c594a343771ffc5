package manifest

import (
	"errors"

	"golang.org/x/sys/unix"
)

// beingWritten reports whether a process has the file open for writing. It returns false if that cannot be determined:
// a lease needs the file's owner or CAP_LEASE, and some file systems have no leases.
//
// The kernel grants a read lease only on a file that no process has open for writing, and this is the only way to ask.
// The next system call returns the lease. A process that opens the file for writing in between waits for these
// microseconds, and the kernel then sends us a signal. The default, SIGIO, ends a process that does not handle it. The
// Go runtime ignores SIGIO, but a handler for all signals would receive it. SIGURG is used instead: the kernel ignores
// it by default, and the runtime sends it to itself all the time.
func beingWritten(fd uintptr) bool {
	if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(unix.SIGURG)); err != nil {
		return false
	}
	_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		// This cannot fail while we hold the lease. Closing the file would also return it.
		_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		return false
	}
	return errors.Is(err, unix.EAGAIN)
}
