package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many links the kernel follows in one path.
const maxLinks = 40

// link is a symbolic link in a path.
type link struct{ at, to string }

func (l link) String() string { return l.at + " is a link to " + l.to }

// route is the result of following a path.
type route struct {
	// real is the path without links.
	real  string
	links []link
	// missing is the first part of the path that does not exist; empty if the whole path exists.
	missing string
}

// follow resolves an absolute path as the kernel does, part by part. It returns an error if a part cannot be read, because the path
// may then lead anywhere.
func follow(path string) (route, error) {
	r := route{real: "/"}
	rest := parts(path)
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			r.real = filepath.Dir(r.real)
			continue
		}
		next := filepath.Join(r.real, part)
		found, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.missing = next
			r.real = filepath.Join(append([]string{next}, rest...)...)
			return r, nil
		case err != nil:
			return r, fmt.Errorf("where it leads cannot be looked at: %w", err)
		case found.Mode()&fs.ModeSymlink == 0:
			r.real = next
			continue
		}
		to, err := os.Readlink(next)
		if err != nil {
			return r, fmt.Errorf("where it leads cannot be looked at: %w", err)
		}
		r.links = append(r.links, link{at: next, to: to})
		if len(r.links) > maxLinks {
			return r, fmt.Errorf("%s is one of too many links", next)
		}
		if filepath.IsAbs(to) {
			r.real = "/"
		}
		rest = append(parts(to), rest...)
	}
	return r, nil
}

// parts splits a path, without empty parts and dots. A part .. is kept: its meaning depends on the links before it.
func parts(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			out = append(out, part)
		}
	}
	return out
}
