package instance

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is the right to be the only controller on a state directory. The zero Lock locks nothing.
type Lock struct {
	instance, path string
	f              *os.File
}

const (
	// lockTries and retryEvery: LockedBy holds the lock for a moment.
	lockTries  = 5
	retryEvery = 20 * time.Millisecond
)

// Acquire makes this process the only controller on the state directory of an instance. The kernel releases the lock when the
// process ends, for whatever reason. It returns a *HeldError if another process holds the lock.
func Acquire(dir, instance string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for try := 0; errors.Is(err, unix.EWOULDBLOCK) && try < lockTries; try++ {
		time.Sleep(retryEvery)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &HeldError{Instance: instance, Holder: Holder{PID: readPID(f)}}
		}
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	l := &Lock{instance: instance, path: path, f: f}
	describe(f, []byte(strconv.Itoa(os.Getpid())+"\n"))
	if err := l.Check(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

// describe writes the holder into a lock file. The lock holds without it, as on a full disk: other processes are still refused,
// only without the holder's name.
func describe(f *os.File, holder []byte) {
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(holder, 0)
	}
}

// Check returns an error if the lock no longer excludes others, because its file was deleted or replaced.
func (l *Lock) Check() error {
	if l.f == nil {
		return nil
	}
	what := ""
	now, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what = "deleted"
	case err != nil:
		return nil //nolint:nilerr // The file may still be there.
	default:
		if mine, err := l.f.Stat(); err == nil && !os.SameFile(mine, now) {
			what = "replaced"
		}
	}
	if what == "" {
		return nil
	}
	return fmt.Errorf("the lock file %s of instance %q was %s, so that another controller may run: "+
		"this one stops and leaves the workspaces as they are; start it again", l.path, l.instance, what)
}

// Release releases the lock.
func (l *Lock) Release() {
	if l.f != nil {
		_ = l.f.Close()
	}
}

// LockedBy returns the PID of the process that holds the lock of the instance in dir, or 0 if none does.
func LockedBy(dir string) int {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err == nil {
		return 0
	}
	return readPID(f)
}

// readPID returns 0 if the file has no PID.
func readPID(f *os.File) int {
	data, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return pid
}
