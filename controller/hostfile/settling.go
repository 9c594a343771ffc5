package hostfile

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Settling describes whether a file or a directory may still be incomplete.
type Settling struct {
	// Empty is set for a directory without entries.
	Empty bool
	// Changed is when a directory's entries, or a file's content, last changed.
	Changed time.Time
	// Busy describes the program that works in it; empty if none is known.
	Busy string
}

// After these times git is no longer assumed to be at work: a crash may have left a lock or an incomplete clone.
const (
	staleLock  = 10 * time.Minute
	staleClone = 30 * time.Second
)

// Settling inspects only the directory itself and its git repository, not its subdirectories.
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

// gitAtWork describes what git does in a repository; empty if it does nothing.
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

// modified is zero if the file does not exist. Links are not followed: the content of the directory is not trusted.
func modified(path string) time.Time {
	st, err := os.Lstat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}
