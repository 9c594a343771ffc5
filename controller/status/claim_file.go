package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// claimFile is a Claim by a lock file in a directory that all users share. The file stays: its lock dies with the process.
func claimFile(dir, engine, instance string, me Holder) (release func(), err error) {
	path := filepath.Join(dir, claimName(engine, instance)+".lock")
	// A directory that all can write may hold a link that somebody laid out.
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
			_ = json.Unmarshal(data, &h) // It may be half-written: then the holder is not known.
		}
		return nil, &HeldError{Instance: instance, Holder: h}
	}
	// What cannot be written is only missing in the refusal of others. The mode is for other users; only the owner can set it.
	_ = f.Chmod(0o666)
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(me.encode(), 0)
	}
	return func() { _ = f.Close() }, nil
}
