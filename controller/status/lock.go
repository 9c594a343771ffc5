package status

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

// HeldError says that another process works on an instance.
type HeldError struct {
	Instance string
	// Holder is that process; PID is 0 where it could not be read.
	Holder
}

// Error names the holder and what to do.
func (e *HeldError) Error() string {
	who := "by a process that does not say which"
	if e.PID > 0 {
		who = fmt.Sprintf("with PID %d", e.PID)
	}
	if e.StateDir == "" {
		return fmt.Sprintf("a controller of instance %q already runs %s: stop it first, or choose another --instance", e.Instance, who)
	}
	return fmt.Sprintf("a controller of instance %q already runs %s (user %s, --state-dir %q, --manifests %q): "+
		"stop it first, give its --state-dir to ask it, or choose another --instance", e.Instance, who, e.User, e.StateDir, e.Manifests)
}

// InstanceLock is the right to be the only controller on a state directory.
type InstanceLock struct {
	instance, path string
	f              *os.File
}

// Lock makes this process the only controller on the state directory of an instance. The kernel gives the lock up when the
// process ends, however it ends. *HeldError where another process holds it.
func Lock(dir, instance string) (*InstanceLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for try := 0; errors.Is(err, unix.EWOULDBLOCK) && try < 5; try++ {
		// Somebody who only asks for the PID has the lock for a moment.
		time.Sleep(20 * time.Millisecond)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &HeldError{Instance: instance, Holder: Holder{PID: readPID(f)}}
		}
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	l := &InstanceLock{instance: instance, path: path, f: f}
	// A PID that cannot be written, on a full disk, is missing only in the refusal of others.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err := l.Check(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

// Check says why the lock does not keep others away any more: its file was deleted, or another one is in its place.
func (l *InstanceLock) Check() error {
	if l.f == nil {
		return nil
	}
	now, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the lock file %s of instance %q was deleted, so that another controller may run: "+
			"this one stops and leaves the workspaces as they are; start it again", l.path, l.instance)
	case err != nil:
		return nil //nolint:nilerr // Not to see the file says nothing about it.
	}
	if mine, err := l.f.Stat(); err == nil && !os.SameFile(mine, now) {
		return fmt.Errorf("the lock file %s of instance %q was replaced, so that another controller may run: "+
			"this one stops and leaves the workspaces as they are; start it again", l.path, l.instance)
	}
	return nil
}

// Release gives the lock up.
func (l *InstanceLock) Release() {
	if l.f != nil {
		_ = l.f.Close()
	}
}

// LockedBy is the PID of the process that holds the lock of the instance in dir, or 0 where none does.
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

func readPID(f *os.File) int {
	data, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}
