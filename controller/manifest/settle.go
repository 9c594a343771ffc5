package manifest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/manifest/stat"
)

type format int

const (
	formatYAML format = iota
	formatJSON
	formatEnv
)

// The largest files that are read, in bytes.
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

// blob is a file whose content is only accepted if it is complete. Invariant: text is the last accepted content, also
// if the file has changed since.
type blob struct {
	path   string
	format format
	text   string
	// version counts the accepted contents; it is 0 until the first one.
	version int
	// unsettled is why the current content is not accepted. It is empty if the content is accepted or err is set.
	unsettled string
	// err is set if the file cannot be read.
	err error

	// accepted is the file that had the last accepted content.
	accepted stat.ID

	seen  stat.Stamp
	racy  bool
	open  bool
	since time.Time
}

// reading is one pass over all files.
type reading struct {
	now    time.Time
	settle time.Duration
	// first is set in the first pass of this process. Only then do the file's own timestamps determine how long it has
	// been unchanged. Later passes do not depend on the clock of a file server.
	first bool
	// defined are the workspaces that each file is known to have defined, also before this process.
	defined map[string][]string
	// retry is the time until the next read that is needed without an event; 0 for none.
	retry time.Duration
	// vanished is set if a file disappeared between listing and reading.
	vanished bool
}

func (r *reading) retryIn(d time.Duration) {
	d = max(d, time.Millisecond)
	if r.retry == 0 || d < r.retry {
		r.retry = d
	}
}

// busyPoll is how often a file is read while a process has it open for writing: closing it causes no event.
const (
	busyPoll     = 100 * time.Millisecond
	busyPollLong = time.Second
)

// refresh brings the blob up to date with a file whose stamp is now st. It reports whether anything changed.
func (b *blob) refresh(st stat.Stamp, r *reading) bool {
	same := st == b.seen && !b.racy && b.err == nil
	switch {
	case same && b.unsettled == "":
		return false
	case same && !b.open && r.now.Sub(b.since) < r.settle:
		r.retryIn(r.settle - r.now.Sub(b.since))
		return false
	}
	c, err := readFile(b.path, b.format.limit())
	if stat.Absent(err) {
		// The listing is out of date. That is no information about the file.
		r.vanished = true
		return false
	}
	if err != nil {
		return b.fail(err)
	}
	if c.st.ID != st.ID {
		r.vanished = true // Another file took its place, perhaps with its directory.
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
	b.text, b.unsettled, b.accepted = c.text, "", c.st.ID
	b.version++
	return true
}

// settled reports whether doubtful content has been unchanged for the settle time, and no process is writing it.
func (b *blob) settled(c contents, r *reading) bool {
	if c.open || c.unstable {
		return false
	}
	age := r.now.Sub(b.since)
	if r.first {
		age = max(age, r.now.Sub(c.st.Changed()))
	}
	return age >= r.settle
}

// fail records that the file cannot be read. It reports whether that is a change.
func (b *blob) fail(err error) bool {
	changed := b.err == nil || b.err.Error() != err.Error() || b.unsettled != ""
	b.err, b.unsettled, b.seen = err, "", stat.Stamp{}
	return changed
}

// renamed reports whether a new file was moved into place after its last write, so that it is complete. A rename
// changes the ctime but not the mtime. A rename in the same clock tick as the write is not detected.
func (b *blob) renamed(st stat.Stamp) bool {
	return st.ID != b.accepted && st.CTime > st.MTime
}

// doubt returns why the content may be incomplete; empty if it looks complete.
func (b *blob) doubt(c contents) string {
	switch {
	case c.unstable:
		return "it changes while it is read"
	case c.open:
		return "a process has it open for writing"
	case strings.TrimSpace(c.text) == "":
		return "it is empty"
	case b.renamed(c.st):
		// It was complete before it got this name.
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
