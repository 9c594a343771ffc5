package session

import (
	"bytes"
	"io"
	"time"

	"github.com/dual-dev/dual-reconciler/controller/engine"
)

// stampLayout is RFC 3339 with all nanoseconds, so that lines align.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

// logFlush is how much output is buffered if no user watches.
const logFlush = 64 << 10

// logPrinter writes entries to the stream that they came from.
type logPrinter struct {
	out, err   io.Writer
	timestamps bool
	// eager writes each entry at once.
	eager bool

	buf bytes.Buffer
	// stderr is set if buf is output of stderr. Both streams may be the same terminal, so their order is kept.
	stderr bool
	// inLine is set, for stdout and for stderr, while a line is incomplete.
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

// position is how far a container's output was read.
type position struct {
	at time.Time
	// entries is how many entries with that very time were read.
	entries int
}

// covers reports whether the entry was read already. again counts the entries with the position's time in the present
// read.
func (p position) covers(e engine.LogEntry, again *int) bool {
	if !e.Time.Equal(p.at) {
		return e.Time.Before(p.at)
	}
	*again++
	return *again <= p.entries
}

// pass moves the position past an entry. The times of the two streams may be slightly out of order.
func (p *position) pass(e engine.LogEntry) {
	switch {
	case e.Time.After(p.at):
		p.at, p.entries = e.Time, 1
	case e.Time.Equal(p.at):
		p.entries++
	}
}
