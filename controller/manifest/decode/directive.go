package decode

import (
	"bytes"
	"regexp"
)

var versionDirective = regexp.MustCompile(`^%YAML[ \t]+1\.\d([ \t\r]|$)`)

// anyVersion writes 1.1 into %YAML directives of another minor version, which the parser refuses. The YAML
// specification requires a parser to read documents of a higher minor version
// (https://yaml.org/spec/1.2.2/#681-yaml-directives), and everything that a manifest may contain means the same in
// both. The length of the text remains the same, so that faults keep their positions.
func anyVersion(data []byte) []byte {
	if !bytes.Contains(data, []byte("%YAML")) {
		return data
	}
	out := bytes.Clone(data)
	directives := true // A directive is at the start of the file, or after the end marker of the previous document.
	for start := 0; start < len(out); {
		end := start + bytes.IndexByte(out[start:], '\n')
		if end < start {
			end = len(out)
		}
		line := out[start:end]
		switch text := bytes.TrimSpace(line); {
		case bytes.HasPrefix(line, []byte("...")):
			directives = true
		case len(text) == 0 || text[0] == '#':
		case line[0] != '%':
			directives = false
		case directives && versionDirective.Match(line):
			line[bytes.IndexByte(line, '.')+1] = '1'
		}
		start = end + 1
	}
	return out
}
