package decode

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (f *file) parseYAML() ([]*yaml.Node, *Fault) {
	f.data = anyVersion(f.data)
	var roots []*yaml.Node
	for d := yaml.NewDecoder(bytes.NewReader(f.data)); ; {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return roots, nil
		} else if err != nil {
			fault := f.syntaxError(err)
			return roots, &fault
		}
		if root := doc.Content[0]; root.Kind != yaml.ScalarNode || root.Tag != nullTag {
			roots = append(roots, root)
		}
	}
}

var yamlMessage = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// syntaxError determines the place of a parser's error and adds its usual cause.
func (f *file) syntaxError(err error) Fault {
	m := yamlMessage.FindStringSubmatch(err.Error())
	if m == nil {
		return f.faultAt(f.lineStart(f.stumble()), "invalid YAML: "+unquoted(err.Error()))
	}
	message := m[2]
	// For a fault in a block or an anchor, the parser names the line on which the block begins, or none.
	line := f.stumble()
	if n, err := strconv.Atoi(m[1]); err == nil && !strings.HasPrefix(message, "did not find expected") {
		line = n
	} else if m[1] == "" && !strings.HasPrefix(message, unknownAnchor) {
		line = 1
	}
	if tab, ok := f.tabNear(line); ok {
		return f.faultAt(tab, "invalid YAML: a tab indents this line; YAML wants spaces")
	}
	message = unquoted(message)
	if hint := hintFor(message); hint != "" {
		message += "; " + hint
	}
	return f.faultAt(f.lineStart(line), "invalid YAML: "+message)
}

const unknownAnchor = "unknown anchor"

// unquoted returns a parser's message without the text that it quotes from the file, because *hunter2 may be a secret
// without quotes. The other messages are constant.
func unquoted(message string) string {
	switch {
	case strings.HasPrefix(message, unknownAnchor):
		return unknownAnchor + "; put text that begins with * in quotes"
	case strings.HasPrefix(message, "anchor '"):
		return "an anchor contains itself"
	case strings.HasPrefix(message, "cannot decode"), strings.HasPrefix(message, "invalid map key"):
		return "a value is not what its tag says"
	}
	return message
}

func hintFor(message string) string {
	switch {
	case strings.HasPrefix(message, "did not find expected key"),
		strings.HasPrefix(message, "did not find expected '-' indicator"):
		return "check the indentation of this line and of those above"
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return "check the indentation, and quote text that contains a colon and a space"
	case strings.HasPrefix(message, "found character that cannot start any token"):
		return "quote text that begins with @, ` or %"
	case strings.HasPrefix(message, "found unexpected end of stream"):
		return "a quote is not closed, or the file is half-written"
	case strings.HasPrefix(message, "could not find expected ':'"):
		return "a key is followed by a colon and a space"
	case strings.HasPrefix(message, "did not find expected ',' or"):
		return "a [ or { is not closed, or a comma is missing"
	}
	return ""
}

// stumble returns the line at which the parser stopped. It passes the file line by line, and the parser reads no
// further than it needs.
func (f *file) stumble() int {
	r := &lineReader{rest: f.data}
	for d := yaml.NewDecoder(r); ; {
		var doc yaml.Node
		if err := d.Decode(&doc); err != nil {
			break
		}
	}
	return max(r.lines, 1)
}

type lineReader struct {
	rest  []byte
	lines int
	begun bool
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	if !r.begun {
		r.lines++
	}
	end := bytes.IndexByte(r.rest, '\n') + 1
	if end == 0 {
		end = len(r.rest)
	}
	n := copy(p, r.rest[:end])
	r.begun = n < end
	r.rest = r.rest[n:]
	return n, nil
}

// lineStart returns the position of the first character of a line that is not blank.
func (f *file) lineStart(line int) place {
	lines := f.lines()
	line = min(max(line, 1), len(lines))
	text := lines[line-1]
	if blank := len(text) - len(strings.TrimLeft(text, " \t")); blank < len(text) {
		return place{line, blank + 1}
	}
	return place{line, 1}
}

// tabNear finds a tab in the indentation of a line or of its neighbours, because parsers report it late.
func (f *file) tabNear(line int) (place, bool) {
	lines := f.lines()
	for _, n := range []int{line, line + 1, line - 1} {
		if n < 1 || n > len(lines) {
			continue
		}
		text := lines[n-1]
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
			return place{n, tab + 1}, true
		}
	}
	return place{}, false
}
