//go:build !linux

package server

import (
	"os"
	"path/filepath"
)

// shortPath is another path of the same socket, for one that is longer than an address may be. It holds until done.
func shortPath(path string) (short string, done func(), err error) {
	dir, err := os.MkdirTemp("/tmp", "dual-") // $TMPDIR is too long itself on macOS.
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	link := filepath.Join(dir, "s")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		done()
		return "", nil, err
	}
	return filepath.Join(link, filepath.Base(path)), done, nil
}
