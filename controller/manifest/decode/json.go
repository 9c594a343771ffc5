package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxDepth limits the nesting of JSON, because the stack is finite.
const maxDepth = 1000

// parseJSON reads one JSON object, or several one after the other, into the nodes that the YAML parser returns. The
// YAML parser itself cannot read JSON: it refuses the escapes \ud83d\ude00 and \/ and reads only one object.
func (f *file) parseJSON() ([]*yaml.Node, *Fault) {
	p := &jsonParser{file: f, d: json.NewDecoder(bytes.NewReader(f.data)), at: place{1, 1}}
	p.d.UseNumber()
	var roots []*yaml.Node
	for {
		n, err := p.value(0)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			fault := p.fault(err)
			return roots, &fault
		}
		if n.Kind == yaml.SequenceNode {
			fault := f.faultAt(place{n.Line, n.Column}, "a JSON array is no manifest; write its items as objects one after the other")
			return roots, &fault
		}
		if n.Tag != nullTag {
			roots = append(roots, n)
		}
	}
}

type jsonParser struct {
	file *file
	d    *json.Decoder
	// seen is the number of bytes in front of the place at. Both only grow, so that all places cost one pass over the
	// file.
	seen int
	at   place
}

var errTooDeep = errors.New("values are nested too deeply")

// next returns the next token and a scalar node at its place.
func (p *jsonParser) next() (json.Token, *yaml.Node, error) {
	start := int(p.d.InputOffset())
	for start < len(p.file.data) && strings.IndexByte(" \t\r\n,:", p.file.data[start]) >= 0 {
		start++
	}
	p.advance(start)
	token, err := p.d.Token()
	if err != nil {
		return nil, nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.at.line, Column: p.at.column}
	switch t := token.(type) {
	case string:
		n.Tag, n.Value, n.Style = stringTag, t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = intTag, t.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = floatTag
		}
	case bool:
		n.Tag, n.Value = boolTag, "false"
		if t {
			n.Value = "true"
		}
	case nil:
		n.Tag, n.Value = nullTag, "null"
	}
	return token, n, nil
}

// advance moves the place forward to an offset.
func (p *jsonParser) advance(offset int) {
	for p.seen < offset {
		r, size := utf8.DecodeRune(p.file.data[p.seen:])
		p.seen += size
		switch crlf := r == '\r' && p.seen < len(p.file.data) && p.file.data[p.seen] == '\n'; {
		case r == '\n' || r == '\r' && !crlf:
			p.at = place{p.at.line + 1, 1}
		case !crlf:
			p.at.column++
		}
	}
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	token, n, err := p.next()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return n, nil
	}
	n.Kind, n.Tag = yaml.MappingNode, mapTag
	if delim == '[' {
		n.Kind, n.Tag = yaml.SequenceNode, sequenceTag
	}
	for p.d.More() {
		if n.Kind == yaml.MappingNode {
			_, key, err := p.next()
			if err != nil {
				return nil, unexpected(err)
			}
			n.Content = append(n.Content, key)
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, unexpected(err)
		}
		n.Content = append(n.Content, v)
	}
	_, _, err = p.next() // The closing bracket.
	return n, unexpected(err)
}

// unexpected distinguishes the end of the file within a value from the end after it.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fault returns a fault at the token that could not be read. The decoder's own offsets are before or after it.
func (p *jsonParser) fault(err error) Fault {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		end := p.file.place(len(bytes.TrimRight(p.file.data, " \t\r\n")))
		return p.file.faultAt(end, "invalid JSON: the file ends within a value; it is half-written, or a bracket is not closed")
	}
	return p.file.faultAt(p.at, "invalid JSON: "+err.Error())
}
