package specdiff

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class says what a change of a field asks for.
type Class string

// The classes of changes.
const (
	// Recreate reaches the container, and a container cannot be changed there.
	Recreate Class = "Recreate"
	// InPlace reaches the running container.
	InPlace Class = "InPlace"
	// State starts or stops the container.
	State Class = "State"
	// Controller is read by the controller only.
	Controller Class = "Controller"
)

// The texts that stand for values in a Change.
const (
	unset          = "(unset)"
	contentChanged = "content changed"
)

// Change is one field in which two specs differ. It never carries the value of a SecretField, nor of an env
// file.
type Change struct {
	// Field is a path such as spec.image, spec.env[NODE_ENV] or spec.mounts[/data].
	Field string `json:"field"`
	// Old and New are the values as a person reads them; (unset) where there is none.
	Old   string `json:"old"`
	New   string `json:"new"`
	Class Class  `json:"class"`
}

// String returns the change on one line, such as spec.image node:20 → node:22. Long values are shortened.
func (c Change) String() string {
	if c.Old == contentChanged && c.New == contentChanged {
		return c.Field + " " + contentChanged
	}
	if c.Old == hidden && c.New == hidden {
		return c.Field + " changed"
	}
	prefix := commonPrefix(c.Old, c.New)
	return c.Field + " " + shorten(c.Old, prefix) + " → " + shorten(c.New, prefix)
}

// maxShown is the length of a value in a Change's String, in runes.
const maxShown = 60

// shorten cuts a value so that the place where it differs stays visible.
func shorten(s string, prefix int) string {
	if utf8.RuneCountInString(s) > maxShown {
		runes := []rune(s)
		// Some of the common prefix says where one is.
		start := max(0, min(prefix-maxShown/3, len(runes)-maxShown))
		end := min(len(runes), start+maxShown)
		cut := string(runes[start:end])
		if start > 0 {
			cut = "…" + cut
		}
		if end < len(runes) {
			cut += "…"
		}
		s = cut
	}
	if s == "" || strings.ContainsFunc(s, unicode.IsControl) || s != strings.TrimSpace(s) {
		return strconv.Quote(s)
	}
	return s
}

// commonPrefix counts runes.
func commonPrefix(a, b string) int {
	n := 0
	ra, rb := []rune(a), []rune(b)
	for n < len(ra) && n < len(rb) && ra[n] == rb[n] {
		n++
	}
	return n
}
