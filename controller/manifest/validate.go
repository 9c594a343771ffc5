package manifest

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/dual-dev/dual-reconciler/controller/manifest/decode"
	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// Checked is the result of Check.
type Checked struct {
	// Workspaces is the number of valid workspaces.
	Workspaces int
	Problems   []Problem
	// Asking are the valid workspaces that name host paths outside of their own trees.
	Asking []*Workspace
}

// Check reads one file, or a directory as a Loader does, and reports all faults, with files named relative to the same
// directory as path. It checks a file together with its directory, because a name that another file also defines is a
// fault. Check waits for files that are being written, and calls waiting while it waits. A file that is still not
// accepted then is a fault, too.
func Check(ctx context.Context, path string, waiting func(Unsettled), opts ...Option) Checked {
	info, err := os.Stat(path)
	if err != nil {
		return Checked{Problems: []Problem{*invalid(decode.Fault{File: path, Message: stat.Cause(err).Error()}, "")}}
	}
	dir, only := path, ""
	if !info.IsDir() {
		dir, only = filepath.Split(path)
		dir = filepath.Clean(dir)
		if !manifestName(only) {
			return checkOther(path)
		}
	}
	l := NewLoader(dir, slices.Concat(opts, []Option{WithoutRevisions()})...)
	s := l.LoadSettled(ctx, waiting)
	var c Checked
	for _, w := range s.Workspaces {
		if w.Problem == nil && (only == "" || w.File == only) {
			c.Workspaces++
			if len(w.Outside) > 0 {
				c.Asking = append(c.Asking, w)
			}
		}
	}
	for _, p := range s.Problems {
		if only != "" && p.File != only {
			continue
		}
		if !filepath.IsAbs(p.File) {
			p.File = filepath.Join(dir, p.File)
		}
		c.Problems = append(c.Problems, p)
	}
	for _, u := range l.doubted() {
		if only != "" && u.File != only {
			continue
		}
		c.Problems = append(c.Problems, *invalid(decode.Fault{File: filepath.Join(dir, u.File), Message: "not checked, " + u.Why}, ""))
	}
	return c
}

// checkOther checks a file that a loader ignores because of its name. The user named it explicitly.
func checkOther(path string) Checked {
	data, err := os.ReadFile(path)
	if err != nil {
		return Checked{Problems: []Problem{*invalid(decode.Fault{File: path, Message: stat.Cause(err).Error()}, "")}}
	}
	var c Checked
	docs, faults := decode.File(path, data)
	for _, d := range docs {
		if len(d.Faults) == 0 {
			c.Workspaces++
		}
		faults = append(faults, d.Faults...)
	}
	for _, f := range faults {
		c.Problems = append(c.Problems, *invalid(f, ""))
	}
	return c
}
