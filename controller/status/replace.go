package status

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// replaceFile writes a file by renaming, so that a crash of the program or of the machine leaves the old content or the new.
func replaceFile(file string, data []byte) error {
	tmp := file + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, file)
	}
	if err != nil {
		_ = os.Remove(tmp) // A full disk is not filled further.
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return nil //nolint:nilerr // The file is whole; only its name may be lost with the machine.
	}
	_ = dir.Sync() // Not all file systems can.
	return dir.Close()
}

// NoRoom reports whether an error says that nothing can be written now: a full or a read-only disk.
func NoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}
