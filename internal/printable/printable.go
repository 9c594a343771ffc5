// Package printable makes text of anybody harmless for whoever reads it: on a terminal, control characters move the cursor, hide
// and colour what stands there, and worse.
package printable

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text is s with its control characters written as escapes such as \x1b or \u202e: those of C0 and C1, those that change the
// direction of writing, those that end lines, and bytes that are no UTF-8. Newlines and tabs stay, and \r\n is a newline. Text
// of a Text is the same.
func Text(s string) string { return escape(s, isHarmful) }

// Line is Text for what is to stay on one line, such as the name of a file: newlines and tabs are escaped, too.
func Line(s string) string {
	return escape(s, func(r rune) bool { return r == '\n' || r == '\t' || isHarmful(r) })
}

func isHarmful(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', r >= 0x7f && r <= 0x9f:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // Directions.
		return true
	case r == 0x2028, r == 0x2029, r == 0xfeff: // Ends of lines and paragraphs, the byte order mark.
		return true
	}
	return false
}

func escape(s string, harmful func(rune) bool) string {
	start := indexHarmful(s, harmful)
	if start < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:start])
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n") && !harmful('\n'):
		case harmful(r):
			b.WriteString(escaped(r))
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func indexHarmful(s string, harmful func(rune) bool) int {
	for i, r := range s {
		if harmful(r) || r == utf8.RuneError && isInvalid(s[i:]) {
			return i
		}
	}
	return -1
}

func isInvalid(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size == 1
}

// escaped is in a form that JSON has, too, for all that JSON leaves as it is.
func escaped(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < ' ':
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
