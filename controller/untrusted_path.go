package controller

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// untrustedPaths stats paths that labels name. Whoever can start a container can write labels, so a path may lead to
// a file system that never answers: a stat ends after a second, each path has one stat at a time, and few of them run
// at alp.
type untrustedPaths struct {
	mu      sync.Mutex
	running map[string]bool
}

const (
	// statWithin is how long a stat may take.
	statWithin = time.Second
	// maxStats limits how many stats may hang.
	maxStats = 16
	// maxPath is the kernel's limit.
	maxPath = 4096
)

// stat is os.Stat of a path that is not trusted. It returns nil if the path is not absolute, or does not answer now.
// Nothing is read or opened there.
func (p *untrustedPaths) stat(path string) fs.FileInfo {
	if !filepath.IsAbs(path) || len(path) > maxPath || !p.begin(path) {
		return nil
	}
	done := make(chan fs.FileInfo, 1)
	go func() {
		info, err := os.Stat(path)
		p.end(path)
		if err != nil {
			info = nil
		}
		done <- info
	}()
	late := time.NewTimer(statWithin)
	defer late.Stop()
	select {
	case info := <-done:
		return info
	case <-late.C:
		return nil
	}
}

func (p *untrustedPaths) begin(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running[path] || len(p.running) >= maxStats {
		return false
	}
	if p.running == nil {
		p.running = map[string]bool{}
	}
	p.running[path] = true
	return true
}

func (p *untrustedPaths) end(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, path)
}
