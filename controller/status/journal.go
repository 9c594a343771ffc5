package status

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// journal keeps events as lines of JSON. An event is appended, so that recording costs the same however many there are; now
// and then the file is written anew with only those that are still kept.
type journal struct {
	path  string
	lines int
	// torn says that the last line has no end: a crash cut it off.
	torn bool
	// lost says that an event could not be written: the file is written anew.
	lost bool
}

func newJournal(dir string) *journal { return &journal{path: filepath.Join(dir, "events.jsonl")} }

// read calls found for each line. A line that a crash cut off is passed over.
func (j *journal) read(found func(entry)) error {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16*maxMessage)
	for lines.Scan() {
		j.lines++
		var x entry
		if json.Unmarshal(lines.Bytes(), &x) == nil && x.Event.Reason != "" {
			found(x)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	last := make([]byte, 1)
	if end, err := f.Seek(-1, io.SeekEnd); err == nil {
		if _, err := f.ReadAt(last, end); err == nil {
			j.torn = last[0] != '\n'
		}
	}
	return nil
}

// append writes one more line, or the whole file where it has grown far past what is kept, or lacks something.
func (j *journal) append(x entry, kept []entry) error {
	err := j.write(x, kept)
	j.lost = err != nil
	return err
}

func (j *journal) write(x entry, kept []entry) error {
	flags, lines := os.O_APPEND, []entry{x}
	path := j.path
	if j.lines >= compactAfterLine || j.lost {
		flags, lines, path = os.O_TRUNC, kept, j.path+".tmp"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flags, 0o600)
	if err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	out := bufio.NewWriter(f)
	if j.torn && path == j.path {
		_ = out.WriteByte('\n') // Flush reports the error.
	}
	j.torn = false
	enc := json.NewEncoder(out)
	for _, line := range lines {
		if err := enc.Encode(line); err != nil {
			_ = f.Close()
			return fmt.Errorf("keep events: %w", err)
		}
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		j.torn = path == j.path // A full disk may have taken a part of the line.
		return fmt.Errorf("keep events: %w", err)
	}
	if path == j.path {
		j.lines++
		return nil
	}
	if err := os.Rename(path, j.path); err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	j.lines = len(kept)
	return nil
}
