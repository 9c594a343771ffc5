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

// link is a symbolic link on the way of a path.
type link struct{ at, to string }

func (l link) String() string { return l.at + " is a link to " + l.to }

// route is where a path leads now.
type route struct {
	// real is the path without links.
	real  string
	links []link
	// missing is the first part of the path that does not exist; empty where all of it does.
	missing string
}

// follow resolves an absolute path as the kernel does, one part after the other. It errs where the way cannot be looked at: it may
// lead anywhere.
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

// parts of a path, without those that mean nothing. A part .. is kept: what it means depends on where a link led.
func parts(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			out = append(out, part)
		}
	}
	return out
}
