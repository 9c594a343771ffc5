package specdiff

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class is what a change of a field takes.
type Class string

// The classes of changes.
const (
	// Recreate takes a new container.
	Recreate Class = "Recreate"
	// InPlace changes the running container.
	InPlace Class = "InPlace"
	// State starts or stops the container.
	State Class = "State"
	// Controller changes nothing of the container: only the controller reads the field.
	Controller Class = "Controller"
)

// unset stands for an absent value in a Change.
const unset = "(unset)"

// Change is one field in which two specs differ. It never carries the value of a SecretField, nor of an env file.
type Change struct {
	// Field is a path such as spec.image, spec.env[NODE_ENV] or spec.mounts[/data].
	Field string
	// Old and New are the values as a user reads them; (unset) if there is none.
	Old, New string
	// Content is set if the content of files changed: then there is no Old and New.
	Content bool
	Class   Class
}

// String returns the change on one line, such as spec.image node:20 → node:22. Long values are shortened.
func (c Change) String() string {
	switch {
	case c.Content:
		return c.Field + " content changed"
	case c.Old == hidden && c.New == hidden:
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
		// Some of the common prefix shows the place.
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
