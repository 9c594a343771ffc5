package docker

import "bytes"

// tailSize is how much output is kept, in bytes.
const tailSize = 64 << 10

// tail is a writer that keeps the end of what is written. Up to twice tailSize is held, so that the copying is amortised.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > tailSize {
		p = p[len(p)-tailSize:]
	}
	if len(t.data)+len(p) > 2*tailSize {
		t.data = append(t.data[:0], t.data[len(t.data)-tailSize:]...)
	}
	t.data = append(t.data, p...)
	return n, nil
}

func (t *tail) String() string {
	if len(t.data) <= tailSize {
		return string(t.data)
	}
	// Half of a line, and half of a secret in it, would be recognized by nobody.
	_, whole, _ := bytes.Cut(t.data[len(t.data)-tailSize:], []byte("\n"))
	return string(whole)
}
