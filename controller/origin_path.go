package controller

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// looks are the paths of labels that are being looked at. Anybody who can start a container writes labels, so that a path may lead
// to a file system that never answers: nobody waits long, each path is looked at once at a time, and few of them are.
type looks struct {
	mu    sync.Mutex
	under map[string]bool
}

const (
	// lookWithin is how long a directory may take to answer.
	lookWithin = time.Second
	// maxLooks bounds how many looks may hang.
	maxLooks = 16
	// maxPath is the kernel's limit.
	maxPath = 4096
)

// stat is os.Stat of a path that is not trusted; nil where it cannot be looked at now, or is no absolute path. Nothing is read or
// opened there.
func (l *looks) stat(path string) fs.FileInfo {
	if !filepath.IsAbs(path) || len(path) > maxPath || !l.begin(path) {
		return nil
	}
	done := make(chan fs.FileInfo, 1)
	go func() {
		info, err := os.Stat(path)
		l.end(path)
		if err != nil {
			info = nil
		}
		done <- info
	}()
	late := time.NewTimer(lookWithin)
	defer late.Stop()
	select {
	case info := <-done:
		return info
	case <-late.C:
		return nil
	}
}

func (l *looks) begin(path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.under[path] || len(l.under) >= maxLooks {
		return false
	}
	if l.under == nil {
		l.under = map[string]bool{}
	}
	l.under[path] = true
	return true
}

func (l *looks) end(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.under, path)
}
