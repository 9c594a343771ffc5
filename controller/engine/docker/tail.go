package docker

import (
	"bytes"
	"sync"
)

// tailSize is how much output is kept, in bytes.
const tailSize = 64 << 10

// tail is a writer that keeps the end of what is written, for concurrent use. It holds up to twice tailSize, so that the cost of
// copying is amortised.
type tail struct {
	mu   sync.Mutex
	data []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
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
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.data) <= tailSize {
		return string(t.data)
	}
	// Whole lines only: half of a secret would not be recognized.
	_, whole, _ := bytes.Cut(t.data[len(t.data)-tailSize:], []byte("\n"))
	return string(whole)
}
