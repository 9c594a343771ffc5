package status

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// turnsDir is for all users: the directory of $TMPDIR may be each user's own.
const turnsDir = "/tmp"

// Turns are those of all processes of this machine on one engine, whatever their user, instance and state directory: see
// engine.TakingTurns. They are locks of a file that dies with no process, and locks that do. Where there can be no such file,
// or before the engine is known, each process has only its own turns.
type Turns struct {
	mu   sync.Mutex
	path string
}

// Of says which engine the turns are on.
func (t *Turns) Of(engine string) { t.at(turnsDir, engine) }

func (t *Turns) at(dir, engine string) {
	sum := sha256.Sum256([]byte(engine))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.path = filepath.Join(dir, "dual-reconciler-"+hex.EncodeToString(sum[:16])+".turns")
}

// Leave implements engine.Turns.
func (t *Turns) Leave() (done func(), ok bool) { return t.take(unix.LOCK_SH) }

// Rename implements engine.Turns.
func (t *Turns) Rename() (done func(), ok bool) { return t.take(unix.LOCK_EX) }

func (t *Turns) take(how int) (done func(), ok bool) {
	t.mu.Lock()
	path := t.path
	t.mu.Unlock()
	f, err := openTurns(path)
	if err != nil {
		return func() {}, true
	}
	if err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return func() {}, !errors.Is(err, unix.EWOULDBLOCK)
	}
	return func() { _ = f.Close() }, true
}

// openTurns only reads, which a lock needs no more than, and creates only where there is nothing: kernels refuse to create what
// another user's file is in a directory for all. A link that somebody laid out is not followed.
func openTurns(path string) (f *os.File, err error) {
	if path == "" {
		return nil, fs.ErrNotExist
	}
	for range 2 {
		if f, err = os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		if f, err = os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
			_ = f.Chmod(0o666) // It is for other users, too, whatever this one's umask.
			return f, nil
		}
	}
	return nil, err
}
