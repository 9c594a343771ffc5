package main

import (
	"bytes"
	"io"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// stampLayout is RFC 3339 with all its nanoseconds, so that lines align.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

// logFlush is how much is gathered before it is written, where nobody waits for it.
const logFlush = 64 << 10

// logPrinter writes entries to the stream that they came from.
type logPrinter struct {
	out, err   io.Writer
	timestamps bool
	// eager writes each entry at once: somebody watches.
	eager bool

	buf bytes.Buffer
	// stderr says where what is in buf belongs: the streams may be one terminal, and then their order counts.
	stderr bool
	// inLine says, for stdout and for stderr, that the line has begun and not ended.
	inLine [2]bool
}

func (p *logPrinter) entry(e engine.LogEntry) error {
	if e.Stderr != p.stderr || p.buf.Len() > logFlush {
		if err := p.flush(); err != nil {
			return err
		}
	}
	p.stderr = e.Stderr
	stream := 0
	if e.Stderr {
		stream = 1
	}
	if p.timestamps && !p.inLine[stream] {
		p.buf.WriteString(e.Time.UTC().Format(stampLayout) + " ")
	}
	p.buf.Write(e.Text)
	p.inLine[stream] = !bytes.HasSuffix(e.Text, []byte("\n"))
	if p.eager {
		return p.flush()
	}
	return nil
}

func (p *logPrinter) flush() error {
	if p.buf.Len() == 0 {
		return nil
	}
	to := p.out
	if p.stderr {
		to = p.err
	}
	_, err := to.Write(p.buf.Bytes())
	p.buf.Reset()
	return err
}

// mark is the place in a container's output up to which it was read.
type mark struct {
	at time.Time
	// seen is how many entries bear that very time.
	seen int
}

// skip reports whether the entry was read before the interruption. again counts the entries at the mark's time since then.
func (m mark) skip(e engine.LogEntry, again *int) bool {
	if e.Time.Before(m.at) {
		return true
	}
	if !e.Time.Equal(m.at) {
		return false
	}
	*again++
	return *again <= m.seen
}

// pass moves the mark past an entry. Times of the two streams may be out of order by a hair.
func (m *mark) pass(e engine.LogEntry) {
	switch {
	case e.Time.After(m.at):
		m.at, m.seen = e.Time, 1
	case e.Time.Equal(m.at):
		m.seen++
	}
}
