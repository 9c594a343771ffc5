package status

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// HeldError says that another process holds the lock of an instance.
type HeldError struct {
	Instance string
	// PID of the holder; 0 where it could not be read.
	PID int
}

// Error names the holder and what to do.
func (e *HeldError) Error() string {
	return fmt.Sprintf("a controller of instance %q already runs with PID %d: stop it first, or choose another --instance", e.Instance, e.PID)
}

// Lock makes this process the only controller of an instance. The kernel gives the lock up when the process ends, however it
// ends. *HeldError where another process holds it.
func Lock(dir, instance string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for try := 0; errors.Is(err, unix.EWOULDBLOCK) && try < 5; try++ {
		// Somebody who only asks for the Holder has the lock for a moment.
		time.Sleep(20 * time.Millisecond)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		defer func() { _ = f.Close() }()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &HeldError{Instance: instance, PID: readPID(f)}
		}
		return nil, fmt.Errorf("lock instance %s: %w", instance, err)
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("lock instance %s: %w", instance, err)
		}
	}
	return func() { _ = f.Close() }, nil
}

// Holder is the PID of the process that holds the lock of the instance in dir, or 0 where none does.
func Holder(dir string) int {
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
