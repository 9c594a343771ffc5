package controller

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/singleflight"
)

// untrustedPaths stats paths that labels name. Whoever can start a container can write labels, so a path may lead to
// a file system that never answers: a caller waits for a few seconds at most, callers that ask for the same path share
// one stat, and few stats run at a time.
type untrustedPaths struct {
	running singleflight.Group
	// slots has one element per running stat.
	slots chan struct{}
	// lookup is os.Stat.
	lookup func(path string) (fs.FileInfo, error)
}

const (
	// statWithin is how long a caller waits for a stat. A busy machine needs a part of it.
	statWithin = 3 * time.Second
	// maxStats limits how many stats may hang.
	maxStats = 16
	// maxPath is the kernel's limit.
	maxPath = 4096
)

func newUntrustedPaths() *untrustedPaths {
	return &untrustedPaths{slots: make(chan struct{}, maxStats), lookup: os.Stat}
}

// stat is os.Stat of a path that is not trusted. It returns nil if the path is not absolute, or does not answer now.
// Nothing is read or opened there.
func (p *untrustedPaths) stat(path string) fs.FileInfo {
	if !filepath.IsAbs(path) || len(path) > maxPath {
		return nil
	}
	answer := p.running.DoChan(path, func() (any, error) {
		select {
		case p.slots <- struct{}{}:
			defer func() { <-p.slots }()
			return p.lookup(path)
		default:
			return nil, nil
		}
	})
	late := time.NewTimer(statWithin)
	defer late.Stop()
	select {
	case a := <-answer:
		info, _ := a.Val.(fs.FileInfo)
		if a.Err != nil {
			return nil
		}
		return info
	case <-late.C:
		return nil
	}
}
