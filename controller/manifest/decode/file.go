package decode

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// file is the text of a manifest file.
type file struct {
	name string
	data []byte
}

func (f *file) faultAt(p place, message string) Fault {
	return Fault{File: f.name, Line: p.line, Column: p.column, Message: message}
}

// parse returns the root node of every document with content, and the fault that ended parsing.
func (f *file) parse() ([]*yaml.Node, *Fault) {
	if strings.EqualFold(path.Ext(f.name), ".json") {
		return f.parseJSON()
	}
	// Most JSON is also YAML. Surrogate pairs and several values one after the other are not.
	if bytes.HasPrefix(bytes.TrimSpace(f.data), []byte("{")) {
		if roots, fault := f.parseJSON(); fault == nil {
			return roots, nil
		}
	}
	return f.parseYAML()
}

func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

// check finds what makes a file unreadable independently of its grammar. Parsers report such faults late, or at the
// wrong place.
func (f *file) check() []Fault {
	if len(bytes.TrimSpace(f.data)) == 0 {
		return []Fault{f.faultAt(place{1, 1}, "file is empty; delete it to remove its workspaces")}
	}
	if utf16(f.data) {
		return []Fault{f.faultAt(place{1, 1}, "file is encoded as UTF-16; save it as UTF-8")}
	}
	for i := 0; i < len(f.data); {
		r, size := utf8.DecodeRune(f.data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return []Fault{f.faultAt(f.place(i), fmt.Sprintf("byte 0x%02x is not valid UTF-8; save the file as UTF-8", f.data[i]))}
		case r == 0:
			return []Fault{f.faultAt(f.place(i), "file contains a NUL byte; it is half-written or not a text file")}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return []Fault{f.faultAt(f.place(i), fmt.Sprintf("control character %U is not allowed; remove it or write it as an escape in double quotes", r))}
		}
		i += size
	}
	return f.conflicts()
}

// utf16 looks for a byte order mark, or for the zero halves of two ASCII characters.
func utf16(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	return len(data) >= 4 && (data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0 ||
		data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0)
}

// conflicts finds the markers that git leaves in a file that it could not merge. It returns one fault per conflict.
func (f *file) conflicts() []Fault {
	var starts, others []Fault
	for number, line := range f.lines() {
		fault := f.faultAt(place{number + 1, 1}, "unresolved git conflict; choose one side and remove the markers <<<<<<<, ======= and >>>>>>>")
		switch {
		case line == "<<<<<<<" || strings.HasPrefix(line, "<<<<<<< "):
			starts = append(starts, fault)
		case line == "=======", line == ">>>>>>>", strings.HasPrefix(line, ">>>>>>> "), strings.HasPrefix(line, "||||||| "):
			others = append(others, fault)
		}
	}
	if len(starts) == 0 && len(others) > 0 {
		return others[:1]
	}
	return starts
}

// lines returns the lines without their ends, which may be LF, CRLF or CR.
func (f *file) lines() []string {
	text := strings.ReplaceAll(string(f.data), "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// place returns the position of a byte. Columns count characters, as in editors.
func (f *file) place(offset int) place {
	p := place{1, 1}
	text := f.data[:min(max(offset, 0), len(f.data))]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		crlf := r == '\r' && i < len(f.data) && f.data[i] == '\n'
		switch {
		case r == '\n' || r == '\r' && !crlf:
			p = place{p.line + 1, 1}
		case !crlf:
			p.column++
		}
	}
	return p
}
