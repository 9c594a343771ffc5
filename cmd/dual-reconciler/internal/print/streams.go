// Package print formats what the verbs show: tables, documents for machines, and progress.
package print

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dual-dev/dual-reconciler/internal/printable"
)

// Streams are the standard streams of the program. Out and Err escape the control characters in names, messages and
// texts of others. RawOut and RawErr are the same two streams without that: for the output of a workspace's own
// program, and for lines with colours and cursor movements, whose texts are escaped one by one.
type Streams struct {
	In             io.Reader
	Out, Err       io.Writer
	RawOut, RawErr io.Writer
}

// NewStreams returns the streams that read and write these files.
func NewStreams(in io.Reader, out, err io.Writer) Streams {
	return Streams{In: in, Out: printable.NewWriter(out), Err: printable.NewWriter(err), RawOut: out, RawErr: err}
}

// CheckFormat refuses a value of -o that is neither empty nor one of the formats.
func CheckFormat(format string, formats ...string) error {
	if format == "" || slices.Contains(formats, format) {
		return nil
	}
	want := formats[len(formats)-1]
	if rest := formats[:len(formats)-1]; len(rest) > 0 {
		want = strings.Join(rest, ", ") + " or " + want
	}
	return fmt.Errorf("-o %s: want %s", format, want)
}

// JSON writes a document with indentation.
func JSON(out io.Writer, doc any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// FirstLine is the first line of a text, with a mark if there are more.
func FirstLine(s string) string {
	first, _, more := strings.Cut(s, "\n")
	if more {
		first += " …"
	}
	return first
}

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
