package manifest

import (
	"errors"

	"golang.org/x/sys/unix"
)

// beingWritten says whether somebody has the file open for writing. false where that cannot be told: a lease needs the
// file's owner or CAP_LEASE, and some file systems have none.
//
// The kernel grants a read lease only on a file that nobody has open for writing, which is the one question on its mind
// that it answers. The lease is given back by the next system call: who opens the file for writing in between waits for
// these microseconds, no more. We are then sent a signal, whose default, SIGIO, ends a process that does not handle it.
// The Go runtime swallows SIGIO, but a handler for all signals would still see it; so SIGURG is asked for, which the
// kernel ignores by default and the runtime sends to itself all the time.
func beingWritten(fd uintptr) bool {
	if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(unix.SIGURG)); err != nil {
		return false
	}
	_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		// This cannot fail while we hold the lease; closing the file would give it back as well.
		_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		return false
	}
	return errors.Is(err, unix.EAGAIN)
}
