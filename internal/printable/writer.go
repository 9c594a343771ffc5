package printable

import (
	"io"
	"sync"
	"unicode/utf8"
)

// NewWriter returns a writer that writes Text to w. It may be used by several goroutines. JSON stays JSON of the same value.
func NewWriter(w io.Writer) io.Writer { return &writer{to: w} }

type writer struct {
	to io.Writer

	mu sync.Mutex
	// rest is the beginning of a character, or of \r\n, whose end is not written yet.
	rest []byte
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.rest, p...)
	whole := len(text) - unfinished(text)
	w.rest = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(w.to, Text(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unfinished is the length of the end of a text that more may belong to.
func unfinished(text []byte) int {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
