package docker

import (
	"bytes"
	"io"
	"strings"
)

// The engine tells of a command that it could not start by text in the command's stdout. Held back, it can go where it
// belongs: into the error, once the engine says that there never was a process.
var complaints = [][]byte{[]byte("OCI runtime exec failed: "), []byte("unable to find user "), []byte("unable to find group ")}

// complaint holds a first write back that looks like one of the engine, until another write or the end of the output shows
// what it is. A command's own greeting must not be held: it may wait for an answer. None ends and begins so.
type complaint struct {
	to io.Writer
	// never says that the engine does not tell in this way, as podman: what looks like it is the command's own.
	never  bool
	held   []byte
	passed int64
}

func (c *complaint) Write(p []byte) (int, error) {
	if !c.never && c.passed == 0 && len(c.held) == 0 && looksRefused(p) {
		c.held = bytes.Clone(p)
		return len(p), nil
	}
	if err := c.pass(); err != nil {
		return 0, err
	}
	n, err := c.to.Write(p)
	c.passed += int64(n)
	return n, err
}

// pass gives out what was held back.
func (c *complaint) pass() error {
	if len(c.held) == 0 {
		return nil
	}
	n, err := sink{c.to}.Write(c.held)
	c.held, c.passed = nil, c.passed+int64(n)
	return err
}

func looksRefused(p []byte) bool {
	if !bytes.HasSuffix(p, []byte("\r\n")) {
		return false
	}
	for _, c := range complaints {
		if bytes.HasPrefix(p, c) {
			return true
		}
	}
	return false
}

// refusedCode is what a shell ends with. Engines before 25 say 126 for all.
func refusedCode(code int, text string) int {
	missing := strings.Contains(text, "executable file") && strings.Contains(text, "not found") ||
		strings.Contains(text, `exec: "`) && strings.Contains(text, "no such file or directory")
	switch {
	case missing && !strings.Contains(text, "chdir to cwd"):
		return 127
	case code == 127:
		return 127
	}
	return 126
}

// loaderCode is for a program that the kernel refused after the runtime had become it: a script without its interpreter, a
// binary of another machine. Runtimes end with 1 then, and one line.
func loaderCode(stderr string, code int) int {
	line, ok := strings.CutSuffix(stderr, "\n")
	if !ok || strings.Contains(line, "\n") || !strings.HasPrefix(line, "exec /") {
		return code
	}
	switch {
	case strings.HasSuffix(line, ": no such file or directory"):
		return 127
	case strings.HasSuffix(line, ": exec format error"), strings.HasSuffix(line, ": permission denied"):
		return 126
	}
	return code
}

// headSize is more than such a line has.
const headSize = 512

// head remembers the beginning of what passes.
type head struct {
	to   io.Writer
	data []byte
}

func (h *head) Write(p []byte) (int, error) {
	if room := headSize - len(h.data); room > 0 {
		h.data = append(h.data, p[:min(room, len(p))]...)
	}
	return h.to.Write(p)
}

func (h *head) String() string { return string(h.data) }
