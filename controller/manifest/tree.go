package manifest

import (
	"errors"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

// tree is the directory of manifests as of the last read.
type tree struct {
	dir   string
	files map[string]*file
	// order is files sorted by rel.
	order []*file
	// faults are of directories, in the last complete listing.
	faults []fault
	// err is set if the directory itself could not be listed.
	err     error
	listing *listing
	// identity of the directory. moved is set if another directory took its place before the read was complete.
	identity identity
	moved    bool
	// changed is set if something changed since the files were merged last.
	changed bool
}

var errInUnreadable = errors.New("its directory cannot be read")

// list lists the directory.
func (t *tree) list() (*listing, error) {
	t.listing, t.err = scan(t.dir)
	if t.err != nil {
		return nil, t.err
	}
	t.identity = identify(t.listing.dirs[0].abs, t.listing.dirs[0].st)
	return t.listing, nil
}

// adopt makes the listed files the known ones. It forgets an absent file, unless it may be in a directory that cannot
// be read.
func (t *tree) adopt(ls *listing, r *reading) {
	if !slices.Equal(t.faults, ls.faults) {
		t.faults, t.changed = ls.faults, true
	}
	present := make(map[string]bool, len(ls.files))
	for _, e := range ls.files {
		present[e.rel] = true
		f := t.files[e.rel]
		if f == nil {
			f = newFile(e.rel, e.abs)
			t.files[e.rel] = f
			t.order, t.changed = nil, true
		}
		if f.update(e, r) {
			t.changed = true
		}
	}
	for rel, f := range t.files {
		if present[rel] {
			continue
		}
		unreadable := slices.ContainsFunc(ls.faults, func(x fault) bool { return stat.Below(rel, x.rel) })
		if !unreadable && !ls.vanished {
			delete(t.files, rel)
			t.order, t.changed = nil, true
		} else if unreadable && f.unreadable(errInUnreadable) {
			t.changed = true
		}
	}
	if t.order == nil {
		t.order = make([]*file, 0, len(t.files))
		for _, f := range t.files {
			t.order = append(t.order, f)
		}
		slices.SortFunc(t.order, func(a, b *file) int { return strings.Compare(a.rel, b.rel) })
	}
}
