package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// sharedDir is for all users: the directory $TMPDIR may be different for each user.
const sharedDir = "/tmp"

// sharedName is a name for what all processes on an engine share, whatever their user and state directory. It is a hash because
// such names must be short.
func sharedName(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "dual-reconciler-" + hex.EncodeToString(sum[:16])
}

// RenameLock is the engine.RenameLock of all processes of this machine on one engine, whatever their user, instance and state
// directory. It is a lock on a file that stays, and ends with its process. Before the engine is known, and if the file cannot be
// opened, it locks nothing.
type RenameLock struct {
	mu   sync.Mutex
	path string
}

// SetEngine sets the engine by its id.
func (l *RenameLock) SetEngine(engine string) { l.setPath(sharedDir, engine) }

func (l *RenameLock) setPath(dir, engine string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.path = filepath.Join(dir, sharedName(engine)+".turns")
}

// TryDetach implements engine.RenameLock.
func (l *RenameLock) TryDetach() (unlock func(), ok bool) { return l.try(unix.LOCK_SH) }

// TryRename implements engine.RenameLock.
func (l *RenameLock) TryRename() (unlock func(), ok bool) { return l.try(unix.LOCK_EX) }

func (l *RenameLock) try(how int) (unlock func(), ok bool) {
	l.mu.Lock()
	path := l.path
	l.mu.Unlock()
	f, err := openShared(path)
	if err != nil {
		return func() {}, true
	}
	if err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return func() {}, !errors.Is(err, unix.EWOULDBLOCK)
	}
	return func() { _ = f.Close() }, true
}

// openShared opens a file for locking, which needs no right to write. It creates the file only if it does not exist: kernels
// refuse O_CREATE on another user's file in a directory for all. It follows no link.
func openShared(path string) (f *os.File, err error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	for range 2 {
		if f, err = os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		if f, err = os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
			_ = f.Chmod(0o666) // For other users, whatever this one's umask is.
			return f, nil
		}
	}
	return nil, err
}
