package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// claimFile claims an instance by a lock file in a directory that all users share. The file stays, but its lock ends with the
// process.
func claimFile(dir, engine, instance string, self Holder) (release func(), err error) {
	path := filepath.Join(dir, sharedName(engine, instance)+".lock")
	// A link in a directory that every user can write is not followed.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil, fmt.Errorf("claim instance %s: %w", instance, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("claim instance %s: lock %s: %w", instance, path, err)
		}
		var h Holder
		if data, err := io.ReadAll(io.LimitReader(f, 1<<16)); err == nil {
			_ = json.Unmarshal(data, &h) // A half-written file names no holder.
		}
		return nil, &HeldError{Instance: instance, Holder: h}
	}
	_ = f.Chmod(0o666) // For other users. Only the owner of the file can set it.
	describe(f, self.encode())
	return func() { _ = f.Close() }, nil
}
