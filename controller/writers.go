package controller

import (
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/dual-dev/dual-reconciler/api/v1alpha1"
	"github.com/dual-dev/dual-reconciler/controller/engine"
	"github.com/dual-dev/dual-reconciler/controller/plan"
)

// Writer is a workspace that can write below a path of the host. The path has no links.
type Writer struct{ Workspace, Path string }

// writers are the workspaces that can, or could, write host paths: since when, and when that was observed last. What
// a workspace wrote counts also after its container was replaced.
type writers struct {
	mu   sync.Mutex
	seen map[Writer]span
}

type span struct{ since, last time.Time }

// lateRead is how long after a workspace's last write the file may be read for the first time.
const lateRead = time.Minute

// note records what the current containers can write.
func (w *writers) note(containers []engine.Container, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[Writer]span{}
	}
	for _, c := range containers {
		for _, b := range c.Binds {
			if b.ReadOnly {
				continue
			}
			key := Writer{c.Labels[v1alpha1.LabelWorkspace], b.Source}
			s, known := w.seen[key]
			if !known || c.Created.Before(s.since) {
				s.since = c.Created
			}
			s.last = now
			w.seen[key] = s
		}
	}
	for key, s := range w.seen {
		if now.Sub(s.last) > time.Hour {
			delete(w.seen, key)
		}
	}
}

// before returns those that could write what was read at a time for the first time.
func (w *writers) before(read time.Time) []Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Writer
	for key, s := range w.seen {
		if s.since.Before(read) && s.last.Add(lateRead).After(read) {
			out = append(out, key)
		}
	}
	return out
}

// writersOf returns those of the writers that can write one of the files.
func writersOf(all []Writer, files []string) []Writer {
	return slices.DeleteFunc(slices.Clone(all), func(w Writer) bool {
		return !slices.ContainsFunc(files, func(file string) bool {
			rel, err := filepath.Rel(w.Path, file)
			return err == nil && filepath.IsLocal(rel)
		})
	})
}

// binds returns the host paths that containers have.
func binds(containers []engine.Container) []plan.HostPath {
	var out []plan.HostPath
	for _, c := range containers {
		for _, b := range c.Binds {
			out = append(out, plan.HostPath{Path: b.Source, ReadOnly: b.ReadOnly})
		}
	}
	return out
}
