package manifest

import (
	"encoding/json"
	"strings"
	"time"
)

type format int

const (
	formatYAML format = iota
	formatJSON
	formatEnv
)

// limits of what is read, in bytes.
const (
	maxManifest = 4 << 20
	maxEnvFile  = 1 << 20
)

func (f format) limit() int64 {
	if f == formatEnv {
		return maxEnvFile
	}
	return maxManifest
}

// blob is a file of which only whole contents are believed. Invariant: text is the last content that was believed,
// whatever happened to the file since.
type blob struct {
	path   string
	format format
	text   string
	// version counts the contents believed so far; 0 while there is none.
	version int
	// unsettled says why the content that is there now is not believed; empty where it is, or where err is set.
	unsettled string
	// err says why the file cannot be read.
	err error

	// believed is the file of the last content that was believed.
	believed fileID

	seen  stamp
	racy  bool
	open  bool
	since time.Time
}

// reading is one pass over all files.
type reading struct {
	now    time.Time
	settle time.Duration
	// first is the first pass of this process: then, and only then, a file's own timestamps say how long it has been
	// unchanged. Later we know by ourselves, and need not trust a file server's clock.
	first bool
	// from are the workspaces that are known to have come from each file, before this process too.
	from map[string][]string
	// retry is the earliest time at which something that is waited for may have come; 0 for never.
	retry time.Duration
	// vanished says that a file was gone between listing and reading.
	vanished bool
}

func (r *reading) retryIn(d time.Duration) {
	d = max(d, time.Millisecond)
	if r.retry == 0 || d < r.retry {
		r.retry = d
	}
}

// busyPoll is how often a file is looked at while somebody has it open for writing: closing it makes no event.
const (
	busyPoll     = 100 * time.Millisecond
	busyPollLong = time.Second
)

// refresh brings the blob up to date with a file whose stamp is now st. It reports whether anything changed.
func (b *blob) refresh(st stamp, r *reading) bool {
	same := st == b.seen && !b.racy && b.err == nil
	switch {
	case same && b.unsettled == "":
		return false
	case same && !b.open && r.now.Sub(b.since) < r.settle:
		r.retryIn(r.settle - r.now.Sub(b.since))
		return false
	}
	c, err := readFile(b.path, b.format.limit())
	if absent(err) {
		// It was there a moment ago: the listing is out of date, which says nothing about the file.
		r.vanished = true
		return false
	}
	if err != nil {
		return b.fail(err)
	}
	if c.st.id != st.id {
		r.vanished = true // Another file took its place, perhaps with all around it.
	}
	if c.st != b.seen || c.unstable || b.err != nil || b.unsettled == "" {
		b.since = r.now
	}
	b.seen, b.racy, b.open = c.st, c.racy, c.open
	wasErr := b.err != nil
	b.err = nil
	if b.version > 0 && c.text == b.text && !c.unstable {
		changed := b.unsettled != "" || wasErr
		b.unsettled = ""
		return changed
	}
	if why := b.doubt(c); why != "" && !b.settled(c, r) {
		changed := b.unsettled != why || wasErr
		b.unsettled = why
		switch wait := r.settle - r.now.Sub(b.since); {
		case c.unstable, c.open && wait > 0:
			r.retryIn(busyPoll)
		case c.open:
			r.retryIn(busyPollLong)
		default:
			r.retryIn(wait)
		}
		return changed
	}
	b.text, b.unsettled, b.believed = c.text, "", c.st.id
	b.version++
	return true
}

// settled says whether doubtful content has been there, untouched, for the settle time. Content that is being written has not.
func (b *blob) settled(c contents, r *reading) bool {
	if c.open || c.unstable {
		return false
	}
	age := r.now.Sub(b.since)
	if r.first {
		age = max(age, r.now.Sub(c.st.changed()))
	}
	return age >= r.settle
}

// fail records that the file cannot be read. It reports whether that is news.
func (b *blob) fail(err error) bool {
	changed := b.err == nil || b.err.Error() != err.Error() || b.unsettled != ""
	b.err, b.unsettled, b.seen = err, "", stamp{}
	return changed
}

// renamed says whether a new file was moved into place after its last write: then it is all there. A rename changes the
// inode, not the content; one in the same tick of the clock does not show.
func (b *blob) renamed(st stamp) bool {
	return st.id != b.believed && st.ctime > st.mtime
}

// doubt says why content may be only the first part of what is being written; empty where it looks whole.
func (b *blob) doubt(c contents) string {
	switch {
	case c.unstable:
		return "it changes while it is read"
	case c.open:
		return "a process has it open for writing"
	case strings.TrimSpace(c.text) == "":
		return "it is empty"
	case b.renamed(c.st):
		// It was written under another name, or long before it got this one.
	case b.format == formatJSON:
		if !json.Valid([]byte(c.text)) {
			return "its JSON is not complete"
		}
	case !strings.HasSuffix(c.text, "\n"):
		return "its last line has no end"
	case b.version > 0 && strings.HasPrefix(b.text, c.text):
		return "it is the beginning of what it was"
	}
	return ""
}
