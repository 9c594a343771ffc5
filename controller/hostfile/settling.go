package hostfile

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Settling says how far a file or a directory is on the way to be complete.
type Settling struct {
	// Empty says that it is a directory without entries.
	Empty bool
	// Changed is when a directory's entries, or a file's content, last changed.
	Changed time.Time
	// Busy says what is at work in it; empty where nothing is known to be.
	Busy string
}

// The times that git is believed to be at work for: a lock may be left from a crash, and so may half a clone.
const (
	staleLock  = 10 * time.Minute
	staleClone = 30 * time.Second
)

// Settling looks no deeper than a clone needs: a copy that goes on below is seen by who has the directory mounted.
func (Host) Settling(path string) Settling {
	st, err := os.Stat(path)
	if err != nil {
		return Settling{}
	}
	s := Settling{Changed: st.ModTime()}
	if !st.IsDir() {
		return s
	}
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return s
	}
	defer dir.Close()
	names, err := dir.Readdirnames(1)
	s.Empty = len(names) == 0 && err != nil
	s.Busy = gitAtWork(filepath.Join(path, ".git"))
	return s
}

// gitAtWork says what git does in a repository that it clones or checks out.
func gitAtWork(git string) string {
	newest := modified(git)
	if newest.IsZero() {
		return ""
	}
	for _, lock := range []string{"index.lock", "config.lock", "HEAD.lock", "packed-refs.lock", "shallow.lock"} {
		if at := modified(filepath.Join(git, lock)); time.Since(at) < staleLock {
			return ".git/" + lock + " exists"
		}
	}
	if !modified(filepath.Join(git, "index")).IsZero() {
		return ""
	}
	// Before it checks out, a clone has no index.
	packs := filepath.Join(git, "objects", "pack")
	places := []string{filepath.Join(git, "objects"), packs, filepath.Join(git, "refs")}
	if entries, err := os.ReadDir(packs); err == nil {
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "tmp_") {
				places = append(places, filepath.Join(packs, e.Name()))
			}
		}
	}
	for _, place := range places {
		if at := modified(place); at.After(newest) {
			newest = at
		}
	}
	if time.Since(newest) < staleClone {
		return "git is cloning into it"
	}
	return ""
}

// modified is zero where there is nothing. Links are not followed: what is in the directory is not trusted.
func modified(path string) time.Time {
	st, err := os.Lstat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}
